//! A small country: `lienthong up`.

use super::{
    browser::{Answer, Browser},
    program::{self, Run, Running},
};
use std::path::Path;

/// People of the countries of these tests.
pub(crate) const PEOPLE: &str = "3000";
/// What the program says before it tells its address.
const UP: &str = "the country is up at http://";

/// A running country. It is killed when this is dropped.
pub(crate) struct Country {
    running: Running,
    authority: String,
}

impl Country {
    /// Starts the country in `data`, on any free port.
    pub(crate) fn start(data: &Path) -> Self {
        Self::try_start(data, &["--listen", "127.0.0.1:0", "--people", PEOPLE])
            .unwrap_or_else(|run| panic!("the country does not start: {}", run.said()))
    }

    /// Starts the country with these options, or says why it ended.
    pub(crate) fn try_start(data: &Path, options: &[&str]) -> Result<Self, Run> {
        Self::start_in(&[], data, options)
    }

    /// The same, in this environment.
    pub(crate) fn start_in(environment: &[(&str, &str)], data: &Path, options: &[&str]) -> Result<Self, Run> {
        let data = data.to_str().expect("temporary folders have plain names");
        let mut command = program::command(["up", "--data", data].into_iter().chain(options.iter().copied()));
        command.envs(environment.iter().copied());
        let running = Running::start_command(command, UP)?;
        let messages = loop {
            // The line may not be whole yet.
            let messages = running.messages();
            if messages.split_once(UP).is_some_and(|(_, rest)| rest.contains('\n')) {
                break messages;
            }
        };
        let (_, rest) = messages.split_once(UP).expect("it was looked for above");
        let authority = rest.lines().next().expect("the address stands there").trim().to_owned();
        Ok(Self { running, authority })
    }

    /// `host:port` of its pages.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The same with the number of this computer in place of its name.
    pub(crate) fn address(&self) -> String {
        self.authority.replace("localhost", "127.0.0.1")
    }

    /// A browser of nobody in particular.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.authority)
    }

    /// The browser of one of its people.
    pub(crate) fn browser_of(&self, key: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(key);
        browser
    }

    /// A page that anybody may see.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.browser().get(path)
    }

    /// Lets systems call each other: the mother reads her own data, whose places another system names.
    pub(crate) fn cause_messages(&self) {
        let page = self.browser_of("mother").get("/population");
        assert_eq!(page.status, 200, "{}", page.text());
    }

    /// Identifiers of the latest messages, the newest first.
    pub(crate) fn messages(&self) -> Vec<String> {
        let page = self.browser_of("operator").get("/exchange/messages").text();
        let links = page.split("href=\"/exchange/messages/").skip(1);
        links.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    /// The receipt of a message.
    pub(crate) fn receipt(&self, message: &str) -> String {
        let answer = self.browser_of("operator").get(&format!("/exchange/messages/{message}/receipt"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// Its process.
    pub(crate) fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Stops it with a signal.
    pub(crate) fn stop(self, signal: &str) -> Run {
        self.running.stop(signal)
    }
}
