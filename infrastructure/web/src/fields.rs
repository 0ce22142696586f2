//! Fields that show what was typed and what is wrong with it.

use crate::components::{
    Checkboxes, Choice, ChoiceItem, DateInput, FileUpload, Input, Radios, Select, SelectOption, Textarea,
};
use crate::{FieldErrors, Form, Language, Text};

/// Makes the fields of one form: each comes with its answer so far and its error.
///
/// ```
/// # use web::{FieldErrors, Fields, Form, Language};
/// web::translations! { FULL_NAME: "Họ và tên", "Full name"; }
///
/// let (form, errors) = (Form::default(), FieldErrors::new());
/// let fields = Fields { form: &form, errors: &errors, language: Language::Vi };
/// let markup = fields.input("full-name", FULL_NAME).render();
/// # assert!(markup.as_str().contains("Họ và tên"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// What was typed.
    pub form: &'a Form,
    /// What is wrong with it.
    pub errors: &'a FieldErrors,
    /// The reader's language.
    pub language: Language,
}

impl Fields<'_> {
    /// A line of text.
    pub fn input(&self, name: &str, label: Text) -> Input {
        Input {
            value: self.form.value(name).to_owned(),
            error: self.errors.message(name, self.language),
            ..Input::new(name, label.get(self.language))
        }
    }

    /// Several lines of text.
    pub fn textarea(&self, name: &str, label: Text) -> Textarea {
        Textarea {
            value: self.form.value(name).to_owned(),
            error: self.errors.message(name, self.language),
            ..Textarea::new(name, label.get(self.language))
        }
    }

    /// A date.
    pub fn date(&self, name: &str, legend: Text) -> DateInput {
        let mut date = DateInput::new(name, legend.get(self.language), self.language)
            .filled(&self.form.date_parts(name));
        if let Some(error) = self.errors.get(name) {
            date.error = self.errors.message(name, self.language);
            for item in &mut date.items {
                item.error = Some(error.part.as_ref().is_none_or(|part| *part == item.name));
            }
        }
        date
    }

    /// One of several answers, each a value and its text.
    pub fn radios(&self, name: &str, legend: Text, answers: &[(&str, Text)]) -> Radios {
        Radios {
            value: self.form.value(name).to_owned(),
            error: self.errors.message(name, self.language),
            ..Radios::new(name, legend.get(self.language), self.choices(answers))
        }
    }

    /// Any of several answers, each a value and its text.
    pub fn checkboxes(&self, name: &str, legend: Text, answers: &[(&str, Text)]) -> Checkboxes {
        Checkboxes {
            values: self.form.values(name).map(str::to_owned).collect(),
            error: self.errors.message(name, self.language),
            ..Checkboxes::new(name, legend.get(self.language), self.choices(answers))
        }
    }

    /// One of many answers.
    pub fn select(&self, name: &str, label: Text, options: Vec<SelectOption>) -> Select {
        Select {
            value: self.form.value(name).to_owned(),
            error: self.errors.message(name, self.language),
            ..Select::new(name, label.get(self.language), options)
        }
    }

    /// A file. What was chosen before cannot be shown: browsers do not let a page choose a file.
    pub fn file(&self, name: &str, label: Text) -> FileUpload {
        FileUpload {
            error: self.errors.message(name, self.language),
            ..FileUpload::new(name, label.get(self.language))
        }
    }

    fn choices(&self, answers: &[(&str, Text)]) -> Vec<ChoiceItem> {
        answers.iter().map(|(value, text)| Choice::new(*value, text.get(self.language)).into()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wrong_part_of_a_date_is_marked() {
        let born = Text::new("Ngày sinh", "Date of birth");
        let form: Form = [("born-day", "1"), ("born-year", "2025")].into_iter().collect();
        let mut errors = FieldErrors::new();
        form.date("born", born, &mut errors);
        let fields = Fields { form: &form, errors: &errors, language: Language::En };
        let date = fields.date("born", born);
        let marked: Vec<_> = date.items.iter().map(|item| item.error).collect();
        assert_eq!(marked, [Some(false), Some(true), Some(false)]);
        assert_eq!(date.items[0].value, "1");
        assert!(date.render().as_str().contains("Date of birth must include a month"));
    }

    #[test]
    fn a_missing_date_is_wrong_as_a_whole() {
        let born = Text::new("Ngày sinh", "Date of birth");
        let (form, mut errors) = (Form::default(), FieldErrors::new());
        assert_eq!(form.required_date("born", born, &mut errors), None);
        let fields = Fields { form: &form, errors: &errors, language: Language::Vi };
        let date = fields.date("born", born);
        assert!(date.items.iter().all(|item| item.error == Some(true)));
        assert!(date.render().as_str().contains("Ngày sinh: nhập ngày, tháng, năm"));
        assert_eq!(errors.get("born").unwrap().target, "born-day");
    }

    #[test]
    fn what_was_chosen_stays_chosen() {
        let sex = Text::new("Giới tính", "Sex");
        let answers = [("male", Text::new("Nam", "Male")), ("female", Text::new("Nữ", "Female"))];
        let form: Form = [("sex", "female"), ("note", "a < b")].into_iter().collect();
        let errors = FieldErrors::new();
        let fields = Fields { form: &form, errors: &errors, language: Language::Vi };
        let radios = fields.radios("sex", sex, &answers).render();
        assert!(radios.as_str().contains("value=\"female\" checked"));
        assert!(!radios.as_str().contains("value=\"male\" checked"));
        let checkboxes = fields.checkboxes("sex", sex, &answers).render();
        assert!(checkboxes.as_str().contains("value=\"female\" checked"));
        assert!(fields.textarea("note", sex).render().as_str().contains("a &#60; b"));
        let option = SelectOption::new("female", "Nữ");
        assert!(fields.select("sex", sex, vec![option]).render().as_str().contains(" selected"));
    }
}
