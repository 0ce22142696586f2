//! Accessible components, as typed structs that render the markup of the GOV.UK design system's components.
//!
//! Set the fields you need and leave the rest to `Default`; write the component in a template with
//! `{{ button }}`, or render it to [`Html`](crate::Html) with its `render` method. An empty string or a `None` leaves the
//! attribute or part out. Text is escaped; only [`Html`](crate::Html) is written as it is.
//!
//! ```
//! use web::components::Button;
//!
//! let button = Button { name: "step".into(), value: "send".into(), ..Button::new("Gửi") };
//! assert!(button.render().as_str().contains(r#"<button type="submit" value="send" name="step""#));
//! ```
//!
//! The tests compare every component with the fixtures published with govuk-frontend 6.6.0.

mod button;
mod choices;
mod date_input;
mod field;
mod lists;
mod messages;
mod navigation;
mod pagination;
mod summary_list;
mod table;
mod text_input;
mod upload;

pub use button::Button;
pub use choices::{Checkboxes, Choice, ChoiceItem, Radios, Select, SelectOption};
pub use date_input::{DateInput, DateInputItem};
pub use field::{ErrorMessage, Fieldset, Hint, Label, Legend};
pub use lists::{Task, TaskList, TaskStatus};
pub use messages::{
    Details, ErrorSummary, ErrorSummaryItem, InsetText, NotificationBanner, Panel, PanelAction, PanelActions,
    PhaseBanner, Tag, WarningText,
};
pub use navigation::{BackLink, Breadcrumb, Breadcrumbs, SkipLink};
pub use pagination::{Pagination, PaginationItem, PaginationLink};
pub use summary_list::{SummaryAction, SummaryCard, SummaryCell, SummaryList, SummaryRow};
pub use table::{Table, TableCell, WideTable};
pub use text_input::{Affix, Input, Textarea};
pub use upload::{DropZone, FileUpload};

/// Words the components bring themselves.
mod texts {
    crate::translations! {
        BACK: "Quay lại", "Back";
        BREADCRUMB: "Đường dẫn", "Breadcrumb";
        DAY: "Ngày", "Day";
        MONTH: "Tháng", "Month";
        YEAR: "Năm", "Year";
        ERROR: "Lỗi", "Error";
        IMPORTANT: "Quan trọng", "Important";
        NEXT: "Trang sau", "Next";
        PAGE: "Trang {0}", "Page {0}";
        PAGINATION: "Phân trang", "Pagination";
        PREVIOUS: "Trang trước", "Previous";
        SUCCESS: "Thành công", "Success";
        WARNING: "Cảnh báo", "Warning";
    }
}

/// Gives components their `render` and lets templates write them without `|safe`.
macro_rules! components {
    ($($component:ident),+) => {
        $(
            impl $component {
                /// The component as markup.
                pub fn render(&self) -> $crate::Html {
                    $crate::Html::of(self)
                }
            }

            impl askama::filters::HtmlSafe for $component {}

            impl From<$component> for $crate::Content {
                fn from(component: $component) -> Self {
                    $crate::Content::Html(component.render())
                }
            }
        )+
    };
}
use components;
