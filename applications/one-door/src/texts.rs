//! What the pages say.

web::translations! {
    DOSSIERS: "Hồ sơ của Bộ phận Một cửa", "Dossiers of the one-door";
    ALL_STATES: "Tất cả ({0})", "All ({0})";
    IN_STATE: "{0} ({1})", "{0} ({1})";
    FILTERS: "Lọc theo trạng thái", "Filter by state";
    NOTHING_HERE: "Không có hồ sơ nào.", "There are no dossiers.";
    ONLY_FIRST: "Danh sách này có {0} hồ sơ gấp nhất. Các hồ sơ khác hiện ra khi những hồ sơ này đã xử lý.",
        "This list has the {0} most urgent dossiers. The others follow when these are done.";
    DOSSIER_CODE: "Mã hồ sơ", "Dossier code";
    NO_CODE_YET: "Chưa có mã", "No code yet";
    APPLICANT: "Người nộp", "Applicant";
    PROCEDURE: "Thủ tục", "Procedure";
    SUBMITTED: "Nộp lúc", "Handed in";
    DUE: "Hạn trả kết quả", "Due";
    CLOCK_STOPPED: "Tạm dừng", "Stopped";
    STATE: "Trạng thái", "State";
    OVERDUE: "Quá hạn", "Overdue";
    APOLOGY_DUE: "Sắp đến hạn", "Due soon";
    APOLOGY_MEANING: "Nếu không kịp trả kết quả, phải gửi phiếu xin lỗi và hẹn lại (mẫu 04) chậm nhất 01 ngày trước ngày hết hạn; chỉ hẹn lại một lần (Nghị định 61/2018/NĐ-CP, Điều 19 khoản 9).",
        "If the result will not be ready, an apology with a new date (form 04) is due at least 1 day before the due date, and only once (Decree 61/2018/ND-CP, article 19(9)).";
    OVERDUE_MEANING: "Hồ sơ đã quá hạn. Phải xin lỗi người nộp bằng văn bản và báo cho cơ quan đang giải quyết.",
        "The dossier is overdue. The applicant is owed a written apology; tell the agency that has it.";

    DOSSIER: "Hồ sơ", "Dossier";
    COMMUNE: "Nơi tiếp nhận", "Received by";
    PERSONAL_NUMBER: "Số định danh cá nhân", "Personal number";
    SIGNATURE: "Chữ ký của người nộp", "Applicant's signature";
    UNSIGNED: "Không ký", "Not signed";
    SIGNATURE_AWAITED: "Đã ký bằng khóa truy cập; đang chờ hệ thống định danh kiểm tra", "Signed with a passkey; being verified by the identity system";
    SIGNATURE_PROVEN: "Người nộp đã ký bằng khóa truy cập của mình lúc {0}; khóa gắn với tài khoản ở mức độ {1}",
        "Signed by the applicant with their passkey at {0}; the key was bound to their account at level {1}";
    SIGNATURE_NOT_PROVEN: "Chữ ký không chứng minh được là của người nộp. Hãy xem hồ sơ này như chưa ký.",
        "The signature does not prove to be the applicant's. Treat the dossier as not signed.";
    SIGNATURE_OF_FIRST: "Chữ ký chỉ cho nội dung nộp lần đầu; phần bổ sung sau đó không có chữ ký.",
        "It is over what was handed in first; what was supplied later is not signed.";
    NOTE: "Nội dung đã báo người nộp", "What the applicant was told";
    FORM: "Nội dung tờ khai", "What the form says";
    CHILD: "Trẻ được khai sinh", "Child";
    MOTHER: "Mẹ", "Mother";
    FATHER: "Cha", "Father";
    FULL_NAME: "Họ, chữ đệm, tên", "Name";
    SEX: "Giới tính", "Sex";
    BIRTH_DATE: "Ngày, tháng, năm sinh", "Date of birth";
    BIRTH_PLACE: "Nơi sinh", "Place of birth";
    HOMETOWN: "Quê quán", "Ancestral home";
    ETHNICITY: "Dân tộc", "Ethnic group";
    NATIONALITY: "Quốc tịch", "Nationality";
    RESIDENCE: "Nơi cư trú", "Residence";
    BIRTH_NOTICE: "Số giấy chứng sinh", "Number of the birth notice";
    NONE: "Không có", "None";
    COMPONENTS: "Thành phần hồ sơ", "Components";
    COMPONENT: "Thành phần", "Component";
    PRESENT: "Có", "Present";
    HANDED_IN: "Đã nộp", "Handed in";
    NUMBER_GIVEN: "Đã khai số", "Number given";
    HELD_BY_STATE: "Nhà nước đã có", "The State has it";
    NOT_HANDED_IN: "Chưa nộp", "Not handed in";
    NOT_REQUIRED: "Không bắt buộc", "Not required";
    ATTACHMENTS: "Tệp đính kèm", "Attachments";
    STEPS: "Các bước giải quyết", "Steps";
    STEP_WAITING: "Chưa đến lượt", "Not begun";
    STEP_RUNNING: "Đang chuyển", "Being passed on";
    STEP_ASKED: "Cơ quan đang giải quyết", "With the agency";
    STEP_RETURNED: "Chờ bổ sung", "Waits for a supplement";
    STEP_DONE: "Xong", "Done";
    STEP_REFUSED: "Từ chối", "Refused";
    DOCUMENTS: "Giấy tờ và kết quả", "Papers and results";
    NUMBERED: "{0}, số {1}", "{0}, no. {1}";
    BEING_MADE: "đang tạo", "being made";
    HISTORY: "Quá trình xử lý", "History";
    WHEN: "Lúc", "When";
    BY: "Người thực hiện", "By";

    CHECKS: "Kiểm tra tự động", "Automatic checks";
    CHECK_APPLICANT: "Số, họ tên và ngày sinh của người nộp so với Cơ sở dữ liệu quốc gia về dân cư",
        "Number, name and birth date of the applicant, compared with the national population database";
    MATCHES: "Khớp", "Match";
    DIFFERS: "Khác", "Differs";
    UNAVAILABLE: "Không tra cứu được", "Not available";
    NOT_COMPARABLE: "Tờ khai không có ngày sinh của người nộp", "The form has no birth date of the applicant";
    CHECKS_SOURCE: "Theo Điều 17 Nghị định 61/2018/NĐ-CP. Lần tra cứu này được ghi lại.",
        "Under article 17 of Decree 61/2018/ND-CP. This look-up is recorded.";
    NOTICE_LATE: "Đã quá 03 ngày làm việc kể từ khi hồ sơ đến: phiếu yêu cầu bổ sung sẽ bị chậm (Nghị định 61/2018/NĐ-CP, Điều 19 khoản 4).",
        "More than 3 working days have passed since the dossier came: a request for a supplement would be late (Decree 61/2018/ND-CP, article 19(4)).";

    DECISION: "Xử lý hồ sơ", "What to do";
    RECEIVE: "Tiếp nhận và chuyển giải quyết", "Receive it and pass it on";
    ASK_SUPPLEMENT: "Yêu cầu bổ sung, hoàn thiện", "Ask for a supplement";
    REFUSE: "Từ chối tiếp nhận", "Refuse it";
    REASON: "Nội dung cần bổ sung hoặc lý do từ chối", "What is missing, or why it is refused";
    REASON_HINT: "Ghi tất cả trong một lần, mỗi mục một dòng. Người nộp sẽ đọc nội dung này.",
        "Everything at once, one point a line. The applicant will read this.";
    CONTINUE: "Tiếp tục", "Continue";
    CHOOSE_DECISION: "Chọn cách xử lý", "Choose what to do";
    GIVE_REASON: "Ghi từ {0} đến {1} ký tự", "Write {0} to {1} characters";
    NOT_PRINTABLE: "Có ký tự không in được trên phiếu. Hãy bỏ các ký hiệu đặc biệt.",
        "Some characters can't be printed on the paper. Leave out special symbols.";
    CONFIRM_RECEIVE: "Tiếp nhận hồ sơ này?", "Receive this dossier?";
    CONFIRM_ASK: "Gửi phiếu yêu cầu bổ sung?", "Send the request for a supplement?";
    CONFIRM_REFUSE: "Từ chối hồ sơ này?", "Refuse this dossier?";
    RECEIVE_FOLLOWS: "Hồ sơ được cấp mã, giấy tiếp nhận và hẹn trả kết quả được gửi cho người nộp, và các cơ quan giải quyết được yêu cầu ngay. Hạn trả kết quả: {0}.",
        "The dossier gets its code, the receipt slip goes to the applicant, and the agencies are asked at once. Due: {0}.";
    ASK_FOLLOWS: "Phiếu yêu cầu bổ sung (mẫu 02) được gửi cho người nộp. Thời hạn chỉ tính khi hồ sơ đã đủ.",
        "The notice (form 02) goes to the applicant. The time limit runs only once the dossier is complete.";
    REFUSE_FOLLOWS: "Phiếu từ chối (mẫu 03) được gửi cho người nộp và hồ sơ kết thúc.",
        "The refusal (form 03) goes to the applicant, and the dossier ends.";
    APOLOGISE: "Xin lỗi và hẹn lại ngày trả kết quả (mẫu 04)", "Apologise and give a new date (form 04)";
    NEW_DATE: "Ngày hẹn lại", "New date";
    NEW_DATE_HINT: "Chỉ được hẹn lại một lần. Ví dụ: 30 11 2026", "Only one new date may be given. For example: 30 11 2026";
    ENTER_NEW_DATE: "Nhập ngày hẹn lại", "Enter the new date";
    DATE_NOT_LATER: "Ngày hẹn lại phải sau hạn trả kết quả và sau hôm nay", "The new date must be after the due date and after today";
    DATE_DAY_OFF: "Ngày hẹn lại phải là ngày làm việc", "The new date must be a working day";
    DATE_TOO_FAR: "Ngày hẹn lại quá xa", "The new date is too far away";
    WHY_LATE: "Lý do chậm trả kết quả", "Why the result is late";
    CONFIRM_APOLOGY: "Gửi phiếu xin lỗi và hẹn lại?", "Send the apology with the new date?";
    APOLOGY_FOLLOWS: "Phiếu xin lỗi (mẫu 04) được gửi cho người nộp. Hạn mới: {0}.",
        "The apology (form 04) goes to the applicant. New date: {0}.";
    DONE_APOLOGY: "Đã gửi phiếu xin lỗi và hẹn lại.", "The apology with the new date is sent.";
    DONE_RECEIVE: "Đã tiếp nhận hồ sơ.", "The dossier is received.";
    DONE_ASK: "Đã gửi phiếu yêu cầu bổ sung.", "The request for a supplement is sent.";
    DONE_REFUSE: "Đã từ chối tiếp nhận hồ sơ.", "The dossier is refused.";
}
