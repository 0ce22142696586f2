//! insurance.
