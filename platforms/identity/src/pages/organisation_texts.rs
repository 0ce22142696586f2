//! The words of the pages about accounts of organisations.

use crate::{
    model::{Decision, OrganisationAct, OrganisationState},
    rules::organisation::{ApplicationFault, EmployeeFault},
};
use web::Text;

web::translations! {
    ORGANISATIONS: "Tài khoản định danh của tổ chức", "Accounts of organisations";
    ORGANISATIONS_LEAD: "Người đại diện theo pháp luật đăng ký tài khoản cho tổ chức bằng tài khoản mức độ 2 của mình. Nếu cơ quan đăng ký đã ghi nhận bạn là người đại diện, tài khoản mở ngay; nếu chưa, hãy mang giấy tờ của tổ chức đến cơ quan Công an, nơi hai cán bộ quyết định.",
        "Who represents an organisation by law applies for its account with their own of level 2. Where a register says that you represent it, the account is opened at once; otherwise bring its papers to the police, where two officials decide.";
    NO_ORGANISATIONS: "Bạn chưa đại diện cho tài khoản nào.", "You represent no account.";
    CODE: "Mã số thuế của tổ chức", "Tax code of the organisation";
    CODE_HINT: "10 chữ số, hoặc 10 chữ số, gạch nối và 3 chữ số", "10 digits, or 10 digits, a hyphen and 3 digits";
    NAME: "Tên tổ chức", "Name of the organisation";
    BASIS: "Giấy tờ làm căn cứ", "What it rests on";
    BASIS_HINT: "Ví dụ: Giấy chứng nhận đăng ký doanh nghiệp số, ngày cấp", "For example: certificate of registration, number and date";
    APPLY: "Đăng ký tài khoản", "Apply for the account";
    APPLICATIONS: "Đơn đăng ký của bạn", "Your applications";
    APPLIED: "Đã nhận đơn. Hãy mang giấy tờ của tổ chức và thẻ căn cước đến cơ quan Công an để hai cán bộ kiểm tra.",
        "The application is noted. Bring the organisation's papers and your identity card to the police, where two officials check them.";
    ENTER_CODE: "Nhập mã số thuế gồm 10 chữ số, hoặc 10 chữ số, gạch nối và 3 chữ số", "Enter a tax code of 10 digits, or of 10, a hyphen and 3";
    ENTER_NAME: "Nhập tên tổ chức, tối đa 200 ký tự", "Enter the name, at most 200 characters";
    ENTER_BASIS: "Nhập giấy tờ làm căn cứ, tối đa 200 ký tự", "Enter what it rests on, at most 200 characters";
    YOURS: "Bạn đang đại diện cho tài khoản này.", "You represent this account already.";
    TWICE: "Bạn đã nộp đơn cho tổ chức này. Hãy chờ quyết định, hoặc rút đơn rồi nộp lại.",
        "You have applied for this organisation already. Wait for the decision, or withdraw and apply again.";
    WAIT: "Đã thử nhiều mã. Hãy đợi {0} giây rồi thử lại.", "Many codes were tried. Wait {0} seconds and try again.";
    LEVEL_2: "Việc này cần phiên đăng nhập mức độ 2: hãy đăng nhập bằng khóa truy cập đã gắn tại nơi đăng ký.",
        "This needs a session of level 2: sign in with the passkey that was bound at the office.";
    WITHDRAW: "Rút đơn", "Withdraw";
    STATE: "Tình trạng", "State";
    WAITS: "Chờ mang giấy tờ đến", "Waits for its papers";
    WAITS_SECOND: "Chờ cán bộ thứ hai", "Waits for the second official";
    APPROVED: "Đã duyệt", "Approved";
    REFUSED: "Từ chối: {0}", "Refused: {0}";
    WITHDRAWN: "Đã rút", "Withdrawn";
    ACTIVE: "Đang hoạt động", "Active";
    LOCKED: "Bạn đã khóa", "Locked by you";
    LOCKED_BY_OFFICE: "Cơ quan đã khóa; nộp đơn lại để được mở", "Locked by an office; apply again to have it opened";
    CLOSED: "Đã đóng", "Closed";
    OPENED_AT: "Mở lúc", "Opened at";

    EMPLOYEES: "Người thay mặt tổ chức", "Who acts for it";
    USES: "Dịch vụ đang dùng với danh nghĩa tổ chức", "Services used in its name";
    USES_LEAD: "Khi kết thúc, dịch vụ đó được báo và không đọc được gì nữa với danh nghĩa của tổ chức.",
        "When you end one, the service is told, and can read nothing more in the organisation's name.";
    NO_USES: "Không có dịch vụ nào.", "There are none.";
    USER: "Người dùng", "Who uses it";
    FIELDS: "Thông tin đã cung cấp", "Data it was given";
    HISTORY: "Lịch sử của tài khoản", "History of the account";
    DONE_BY: "Ai làm", "By whom";
    ABOUT: "Về", "About";
    LOCK: "Khóa tài khoản", "Lock the account";
    UNLOCK: "Mở khóa tài khoản", "Unlock the account";
    CLOSE: "Đóng tài khoản", "Close the account";
    CLOSE_HEADING: "Đóng tài khoản của tổ chức này?", "Close the account of this organisation?";
    CLOSE_FOLLOWS: "Mọi người thay mặt tổ chức mất quyền và mọi dịch vụ đang dùng với danh nghĩa tổ chức kết thúc. Tài khoản đã đóng không mở lại được; muốn dùng lại phải đăng ký tài khoản mới.",
        "All who act for it may do so no longer, and every service used in its name ends. A closed account can't be opened again; a new one has to be applied for.";
    NOT_ACTIVE: "Tài khoản không hoạt động nên chưa giao được.", "The account is not active, so nobody can act for it.";
    NOT_ALLOWED: "Tài khoản đã thay đổi hoặc không thể thay đổi như vậy. Hãy xem lại.",
        "The account has changed, or can't be changed so. Look at it again.";

    DID_OPEN: "Mở tài khoản", "Account opened";
    DID_REPRESENT: "Người đại diện thay đổi hoặc được xác nhận lại", "Representative changed, or confirmed anew";
    DID_LOCK: "Khóa tài khoản", "Account locked";
    DID_UNLOCK: "Mở khóa tài khoản", "Account unlocked";
    DID_CLOSE: "Đóng tài khoản", "Account closed";
    DID_GIVE: "Giao người thay mặt", "Somebody was given to act for it";
    DID_END: "Kết thúc việc thay mặt", "Somebody acts for it no longer";
    DID_USE: "Đăng nhập dịch vụ với danh nghĩa tổ chức", "Signed in to a service in its name";
    DID_END_USE: "Kết thúc dùng dịch vụ", "Use of a service ended";

    OFFICE: "Tài khoản của tổ chức tại nơi kiểm tra", "Accounts of organisations at the office";
    OFFICE_LEAD: "Tìm đơn theo mã số thuế và số định danh của người nộp, đối chiếu giấy tờ của tổ chức và người đại diện; một cán bộ khác duyệt.",
        "Find the application by tax code and the applicant's personal number, and compare the papers of the organisation and its representative; another official approves.";
    FIND: "Tìm đơn", "Find the application";
    NO_APPLICATION: "Không có đơn đang chờ của người này cho mã số thuế này.", "This person has no open application for this tax code.";
    APPLICANT: "Người nộp đơn", "Applicant";
    PRESENT: "Tài khoản hiện có", "Account there is";
    NONE_PRESENT: "Chưa có; duyệt là mở tài khoản", "None; approving opens one";
    REPRESENTED_BY: "{0} đang đại diện; duyệt là đổi hoặc xác nhận lại người đại diện và mở khóa", "Represented by {0}; approving changes or confirms the representative, and unlocks it";
    DOCUMENT: "Giấy tờ đã đối chiếu", "Papers that were compared";
    ENTER_DOCUMENT: "Ghi giấy tờ đã đối chiếu, tối đa 100 ký tự", "Enter the papers that were compared, at most 100 characters";
    COMPARED: "Tôi đã đối chiếu giấy tờ của tổ chức, thẻ căn cước và người đại diện có mặt", "I have compared the organisation's papers, the identity card and the representative, who is here";
    MUST_COMPARE: "Đánh dấu sau khi đã đối chiếu", "Tick it when you have compared them";
    NOTE_CHECK: "Ghi nhận đối chiếu", "Note that they were compared";
    WAITING: "Chờ cán bộ thứ hai duyệt", "Waiting for a second official";
    NO_WAITING: "Không có đơn nào.", "There are none.";
    CHECKED_BY: "Cán bộ đối chiếu", "Compared by";
    APPROVE: "Duyệt", "Approve";
    REFUSE: "Từ chối", "Refuse";
    REASON: "Lý do", "Reason";
    ENTER_REASON: "Ghi lý do, từ 10 đến 200 ký tự", "Give a reason of 10 to 200 characters";
    LOCK_OR_CLOSE: "Khóa hoặc đóng tài khoản", "Lock or close an account";
    NO_ACCOUNT: "Không có tài khoản nào đang mở với mã số thuế này.", "No account with this tax code is open.";
    CANNOT_CHANGE: "Tài khoản này không thể thay đổi như vậy.", "This account can't be changed so.";
    NOT_YOURS: "Đơn đã được quyết định, hoặc bạn không được quyết định đơn này: người đối chiếu, người nộp đơn và người đang đại diện không tự duyệt.",
        "It was decided, or is not yours to decide: who compared the papers, who applied and who represents it now do not approve.";
    DONE: "Đã ghi nhận.", "It is noted.";

    ACTS_FOR: "Bạn đăng nhập với danh nghĩa của ai?", "In whose name do you sign in?";
    ONESELF: "Chính tôi", "My own";
    ACTS_FOR_MANY: "Bạn thay mặt nhiều tổ chức: nhập mã số thuế của tổ chức, hoặc bỏ trống nếu là chính bạn.",
        "You act for many organisations: enter the tax code of one, or leave it empty for your own.";
    NOT_ACTING: "Bạn không thay mặt tổ chức nào có mã số thuế này.", "You act for no organisation with this tax code.";
}

/// A state of an account.
pub(super) fn state(state: OrganisationState) -> Text {
    match state {
        OrganisationState::Active => ACTIVE,
        OrganisationState::Locked => LOCKED,
        OrganisationState::LockedByOffice => LOCKED_BY_OFFICE,
        OrganisationState::Closed => CLOSED,
    }
}

/// What became of an application; a refusal has a place for its reason.
pub(super) fn decision(decision: Option<Decision>, is_checked: bool) -> Text {
    match decision {
        None if is_checked => WAITS_SECOND,
        None => WAITS,
        Some(Decision::Approved) => APPROVED,
        Some(Decision::Refused) => REFUSED,
        Some(Decision::Withdrawn) => WITHDRAWN,
    }
}

/// What happened.
pub(super) fn act(act: OrganisationAct) -> Text {
    match act {
        OrganisationAct::Opened => DID_OPEN,
        OrganisationAct::Represented => DID_REPRESENT,
        OrganisationAct::Locked => DID_LOCK,
        OrganisationAct::Unlocked => DID_UNLOCK,
        OrganisationAct::Closed => DID_CLOSE,
        OrganisationAct::MandateGiven => DID_GIVE,
        OrganisationAct::MandateEnded => DID_END,
        OrganisationAct::ServiceUsed => DID_USE,
        OrganisationAct::UseEnded => DID_END_USE,
    }
}

/// What is wrong with an application, and in which field.
pub(super) fn application_fault(fault: ApplicationFault) -> (&'static str, Text) {
    match fault {
        ApplicationFault::Code => ("code", ENTER_CODE),
        ApplicationFault::Name => ("name", ENTER_NAME),
        ApplicationFault::Basis => ("basis", ENTER_BASIS),
    }
}

/// What is wrong with an employee's mandate, and in which field.
pub(super) fn employee_fault(fault: EmployeeFault) -> (&'static str, Text) {
    match fault {
        EmployeeFault::NotYours => ("employee", crate::texts::NOT_REPRESENTED),
        EmployeeFault::NotActive => ("employee", NOT_ACTIVE),
        EmployeeFault::Oneself => ("employee", crate::texts::EMPLOYEE_ONESELF),
        EmployeeFault::Days => ("until", crate::texts::EMPLOYEE_DAYS),
    }
}
