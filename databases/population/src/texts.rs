//! The words of the register's pages.

use contracts::population::{MaritalStatus, PersonField};
use web::Text;

web::translations! {
    MY_DATA: "Thông tin của tôi", "My data";
    MY_DATA_LEAD: "Đây là thông tin về bạn trong Cơ sở dữ liệu quốc gia về dân cư (Điều 9 Luật Căn cước số 26/2023/QH15).",
        "This is what the national population database holds of you (Law 26/2023/QH15 on Identification, article 9).";
    WRONG_DATA: "Nếu có thông tin chưa đúng, hãy đề nghị Ủy ban nhân dân cấp xã nơi bạn cư trú cải chính hộ tịch.",
        "If anything is wrong, ask the People's Committee of your commune to correct your civil-status record.";
    NUMBER: "Số định danh cá nhân", "Personal number";
    NAME: "Họ, chữ đệm và tên", "Name";
    BIRTH_DATE: "Ngày sinh", "Date of birth";
    SEX: "Giới tính", "Sex";
    ETHNICITY: "Dân tộc", "Ethnic group";
    NATIONALITY: "Quốc tịch", "Nationality";
    BIRTH_PLACE: "Nơi sinh", "Place of birth";
    HOMETOWN: "Quê quán", "Ancestral home";
    MARITAL_STATUS: "Tình trạng hôn nhân", "Marital status";
    MOTHER: "Mẹ", "Mother";
    FATHER: "Cha", "Father";
    SPOUSE: "Vợ hoặc chồng", "Spouse";
    RESIDENCE: "Nơi thường trú", "Permanent residence";
    DEATH_DATE: "Ngày chết", "Date of death";
    VIETNAM: "Việt Nam", "Viet Nam";
    NOT_RECORDED: "Chưa có thông tin", "Not recorded";
    SINGLE: "Chưa kết hôn", "Single";
    MARRIED: "Đang có vợ hoặc chồng", "Married";
    DIVORCED: "Đã ly hôn", "Divorced";
    WIDOWED: "Góa", "Widowed";
    WHO_READ: "Ai đã xem thông tin của tôi", "Who read my data";
    WHO_READ_LEAD: "Mỗi lần một cơ quan xem thông tin của bạn đều được ghi lại trước khi hệ thống trả lời. Mã thông điệp dẫn tới bằng chứng của lần xem đó.",
        "Each time an agency reads your data, it is noted before the system answers. The message leads to the proof of that reading.";
    NOBODY_READ: "Chưa có cơ quan nào xem thông tin của bạn.", "No agency has read your data.";
    NO_EARLIER: "Không có lượt xem nào trước đó.", "There are no earlier readings.";
    TIME: "Thời điểm", "Time";
    AGENCY: "Cơ quan, hệ thống", "Agency and system";
    PURPOSE: "Mục đích", "Purpose";
    LEGAL_BASIS: "Căn cứ pháp lý", "Legal basis";
    FIELDS: "Thông tin đã xem", "Fields read";
    NO_FIELDS: "Không trường nào", "None";
    MESSAGE: "Thông điệp", "Message";
    EARLIER: "Các lượt xem trước đó", "Earlier readings";
    CIVIL_STATUS: "Đăng ký hộ tịch", "Civil-status registration";
    PROCEDURE: "Giải quyết thủ tục hành chính", "An administrative procedure";
    RESIDENCE_REGISTRATION: "Đăng ký cư trú", "Registration of residence";
    HEALTH_INSURANCE: "Bảo hiểm y tế", "Health insurance";
    OWN_DATA: "Chính tôi xem", "Read by myself";
}

/// The name of a field.
pub(crate) fn field(field: PersonField) -> Text {
    match field {
        PersonField::Name => NAME,
        PersonField::BirthDate => BIRTH_DATE,
        PersonField::Sex => SEX,
        PersonField::Ethnicity => ETHNICITY,
        PersonField::Nationality => NATIONALITY,
        PersonField::BirthPlace => BIRTH_PLACE,
        PersonField::Hometown => HOMETOWN,
        PersonField::MaritalStatus => MARITAL_STATUS,
        PersonField::Mother => MOTHER,
        PersonField::Father => FATHER,
        PersonField::Spouse => SPOUSE,
        PersonField::Residence => RESIDENCE,
        PersonField::DeathDate => DEATH_DATE,
    }
}

/// The name of a marital status.
pub(crate) fn marital_status(status: MaritalStatus) -> Text {
    match status {
        MaritalStatus::Single => SINGLE,
        MaritalStatus::Married => MARRIED,
        MaritalStatus::Divorced => DIVORCED,
        MaritalStatus::Widowed => WIDOWED,
    }
}

/// The name of a purpose of the country's list.
pub(crate) fn purpose(code: &str) -> Option<Text> {
    use contracts::Purpose;
    match code {
        Purpose::CIVIL_STATUS => Some(CIVIL_STATUS),
        Purpose::PROCEDURE => Some(PROCEDURE),
        Purpose::RESIDENCE => Some(RESIDENCE_REGISTRATION),
        Purpose::HEALTH_INSURANCE => Some(HEALTH_INSURANCE),
        Purpose::OWN_DATA => Some(OWN_DATA),
        _ => None,
    }
}
