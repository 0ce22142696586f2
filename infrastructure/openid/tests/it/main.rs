//! A site and its identity provider, which tells the truth or lies as it is told to.

mod fuzzing;
mod keeping;
mod logout;
mod provider;
mod sign_in;
mod site;
