//! What is left to do.

use askama::Template;

use super::{Tag, components};
use crate::html::classes;
use crate::{Attributes, Content};

/// The tasks of a longer journey and how far each is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/task_list.html")]
pub struct TaskList {
    /// The tasks.
    pub items: Vec<Task>,
    /// What the ids of hints and states begin with; `task-list` when empty.
    pub id_prefix: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// One task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// What the ids of its hint and state begin with; made from the list's prefix and the position when empty.
    pub id: String,
    /// What is to be done.
    pub title: Content,
    /// More class names of the title.
    pub title_classes: String,
    /// Help.
    pub hint: Content,
    /// Where it is done; empty when it cannot start yet.
    pub href: String,
    /// How far it is.
    pub status: TaskStatus,
    /// More class names of the state.
    pub status_classes: String,
    /// More class names.
    pub classes: String,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStatus {
    /// In plain words, for what is done or cannot start.
    Content(Content),
    /// As a tag, for what wants attention.
    Tag(Tag),
}

components!(TaskList);

impl TaskList {
    fn task_id(&self, task: &Task, position: &usize) -> String {
        let prefix = if self.id_prefix.is_empty() { "task-list" } else { &self.id_prefix };
        if task.id.is_empty() { format!("{prefix}-{position}") } else { task.id.clone() }
    }
}

impl Task {
    fn all_classes(&self) -> String {
        let link = if self.href.is_empty() { "" } else { "govuk-task-list__item--with-link" };
        classes(&["govuk-task-list__item", link, &self.classes])
    }
}

impl Default for TaskStatus {
    fn default() -> Self {
        Self::Content(Content::default())
    }
}
