//! What the pages say.

web::translations! {
    REGISTER_OF_BIRTHS: "Đăng ký khai sinh", "Registration of births";
    WAITING: "Hồ sơ đang chờ ({0})", "Applications waiting ({0})";
    NOTHING_WAITS: "Không có hồ sơ nào đang chờ.", "No application is waiting.";
    ONLY_FIRST: "Danh sách này có {0} hồ sơ gấp nhất. Các hồ sơ khác hiện ra khi những hồ sơ này đã xử lý.",
        "This list has the {0} most urgent applications. The others follow when these are done.";
    DOSSIER: "Mã hồ sơ", "Dossier";
    CHILD: "Trẻ được khai sinh", "Child";
    DUE: "Hạn trả kết quả", "Due";
    LATE: "Quá 60 ngày", "After 60 days";
    FIND_ENTRY: "Tìm trong Sổ đăng ký khai sinh", "Find in the book of births";
    NUMBER: "Số", "Number";
    NUMBER_HINT: "Ví dụ: 123", "For example: 123";
    YEAR: "Năm", "Year";
    FIND: "Tìm", "Find";
    NO_SUCH_ENTRY: "Không có số này trong sổ của xã, phường. Hãy kiểm tra lại số và năm.",
        "The commune's book has no such number. Check the number and the year.";
    ENTER_NUMBER: "Nhập số trong sổ, ví dụ 123", "Enter the number in the book, for example 123";
    ENTER_YEAR: "Nhập năm gồm 4 chữ số", "Enter the year in 4 digits";
    BOOKS: "Sổ hộ tịch", "Books";

    APPLICATION: "Tờ khai đăng ký khai sinh", "Application to register a birth";
    STATE: "Tình trạng", "State";
    STATE_WAITING: "Đang chờ", "Waiting";
    STATE_REGISTERING: "Đang ghi sổ", "Being entered";
    STATE_REGISTERED: "Đã đăng ký", "Registered";
    SEE_ENTRY: "Xem nội dung trong Sổ đăng ký khai sinh", "See the entry in the book of births";
    STATE_RETURNED: "Yêu cầu bổ sung", "Sent back";
    STATE_REFUSED: "Từ chối", "Refused";
    RECEIVED: "Tiếp nhận", "Received";
    FULL_NAME: "Họ, chữ đệm, tên", "Name";
    SEX: "Giới tính", "Sex";
    BIRTH_DATE: "Ngày, tháng, năm sinh", "Date of birth";
    BIRTH_PLACE: "Nơi sinh", "Place of birth";
    HOMETOWN: "Quê quán", "Ancestral home";
    ETHNICITY: "Dân tộc", "Ethnic group";
    NATIONALITY: "Quốc tịch", "Nationality";
    RESIDENCE: "Nơi cư trú", "Residence";
    PERSONAL_NUMBER: "Số định danh cá nhân", "Personal number";
    BIRTH_NOTICE: "Số giấy chứng sinh", "Number of the birth notice";
    NONE: "Không có", "None";
    MOTHER: "Mẹ", "Mother";
    FATHER: "Cha", "Father";
    DECLARANT: "Người đi khai sinh", "Who declares";
    GRANDPARENT: "Ông hoặc bà", "Grandparent";
    OTHER_RELATIVE: "Người thân thích khác", "Another relative";
    CARER: "Người hoặc tổ chức đang nuôi dưỡng", "Who cares for the child";

    CHECKS: "Kiểm tra tự động", "Automatic checks";
    CHECKS_SOURCE: "So với Cơ sở dữ liệu quốc gia về dân cư, theo Điều 16 Luật Hộ tịch. Lần tra cứu này được ghi lại.",
        "Compared with the national population database, under article 16 of the Law on Civil Status. This look-up is recorded.";
    CHECKED: "Nội dung", "Particular";
    IDENTITY: "Số, họ tên và ngày sinh", "Number, name and date of birth";
    MATCHES: "Khớp", "Match";
    DIFFERS: "Khác", "Differs";
    UNKNOWN: "Chưa rõ", "Unknown";
    REMARKS: "Lưu ý", "Remarks";
    REMARK_LATE: "Đăng ký quá 60 ngày kể từ ngày sinh (Luật Hộ tịch, Điều 15 khoản 1).",
        "Declared more than 60 days after birth (Law on Civil Status, article 15(1)).";
    REMARK_RESIDENCE: "Cha và mẹ không cư trú tại xã, phường này (Luật Hộ tịch, Điều 13).",
        "Neither parent lives in this commune (Law on Civil Status, article 13).";
    REMARK_NOTICE: "Không có giấy chứng sinh: cần văn bản của người làm chứng hoặc giấy cam đoan (Luật Hộ tịch, Điều 16 khoản 1).",
        "No birth notice: a witness's statement or a declaration is needed (Law on Civil Status, article 16(1)).";
    REMARK_FAMILY_NAME: "Họ của con không phải họ của cha hay của mẹ (Bộ luật Dân sự, Điều 26 khoản 2).",
        "The child's family name is neither the father's nor the mother's (Civil Code, article 26(2)).";
    REMARK_NO_PARENT: "Chưa xác định được cha, mẹ (Nghị định 123/2015/NĐ-CP, Điều 14 và 15).",
        "No parent is known (Decree 123/2015/ND-CP, articles 14 and 15).";

    OBSTACLE: "Chưa đăng ký được. Cơ sở dữ liệu quốc gia về dân cư trả lời:", "Not registered yet. The national population database answers:";

    DECISION: "Quyết định", "Decision";
    REGISTER: "Đăng ký khai sinh", "Register the birth";
    RETURN: "Yêu cầu bổ sung", "Send back for a supplement";
    REFUSE: "Từ chối", "Refuse";
    REASON: "Lý do", "Reason";
    REASON_HINT: "Bắt buộc khi yêu cầu bổ sung hoặc từ chối. Người nộp hồ sơ sẽ đọc nội dung này.",
        "Required to send back or to refuse. The applicant will read it.";
    CONTINUE: "Tiếp tục", "Continue";
    CHOOSE_DECISION: "Chọn một quyết định", "Choose a decision";
    GIVE_REASON: "Ghi lý do, từ 10 đến 1.000 ký tự", "Give the reason in 10 to 1,000 characters";
    LAST_REASON: "Lý do đã ghi", "Reason given";

    CONFIRM_REGISTER: "Xác nhận đăng ký khai sinh", "Confirm the registration";
    CONFIRM_REFUSE: "Xác nhận từ chối", "Confirm the refusal";
    WHAT_FOLLOWS: "Hệ thống sẽ lấy số định danh cá nhân, ghi Sổ đăng ký khai sinh, ký số Giấy khai sinh và trả kết quả cho nơi tiếp nhận.",
        "The system will draw the personal number, enter the book of births, sign the certificate and deliver it to where the dossier was received.";
    DONE_REGISTER: "Đã quyết định đăng ký khai sinh cho hồ sơ.", "The birth is being registered.";
    DONE_RETURN: "Đã gửi yêu cầu bổ sung.", "The application was sent back.";
    DONE_REFUSE: "Đã từ chối hồ sơ.", "The application was refused.";

    ENTRY: "Đăng ký khai sinh số {0}", "Birth registration number {0}";
    BOOK: "Quyển số", "Book";
    PAGE: "Trang", "Page";
    REGISTERED_ON: "Ngày đăng ký", "Registered on";
    REGISTRAR: "Người thực hiện", "Registrar";
    CERTIFICATE: "Giấy khai sinh", "Birth certificate";
    CERTIFICATE_PENDING: "Đang được lập", "Being made";
    DOWNLOAD: "Tải về (PDF)", "Download (PDF)";
    VERSIONS: "Nội dung đã ghi", "What the entry has said";
    TRUE_FROM: "Đúng từ ngày", "True from";
    RECORDED: "Ghi vào lúc", "Recorded";
    NOTE: "Ghi chú", "Note";
    FIRST_REGISTRATION: "Đăng ký lần đầu", "First registration";
    CORRECTION: "Cải chính", "Correction";
    CHANGE: "Thay đổi", "Change";
    AMENDMENT_NOTE: "{0} số {1}, quyển số {2}. {3} Căn cứ: {4}", "{0} number {1}, book {2}. {3} Basis: {4}";
    AMEND: "Cải chính hoặc thay đổi", "Correct or change";

    AMENDMENT_KIND: "Loại việc", "What is this";
    CORRECTION_LONG: "Cải chính: đã ghi sai khi đăng ký (Điều 4 khoản 12)", "Correction: it was registered wrong (article 4(12))";
    CHANGE_LONG: "Thay đổi theo pháp luật dân sự (Điều 26)", "Change under civil law (article 26)";
    CHOOSE_KIND: "Chọn cải chính hoặc thay đổi", "Choose correction or change";
    FAMILY_NAME: "Họ", "Family name";
    MIDDLE_NAME: "Chữ đệm", "Middle name";
    GIVEN_NAME: "Tên", "Given name";
    BIRTH_COMMUNE: "Nơi sinh: mã xã, phường", "Place of birth: code of the commune";
    BIRTH_DETAIL: "Nơi sinh: cơ sở y tế hoặc địa chỉ", "Place of birth: facility or address";
    HOME_COMMUNE: "Quê quán: mã xã, phường", "Ancestral home: code of the commune";
    HOME_DETAIL: "Quê quán: chi tiết", "Ancestral home: details";
    LEGAL_BASIS: "Căn cứ pháp lý", "Legal basis";
    LEGAL_BASIS_HINT: "Ví dụ: Điều 28 Luật Hộ tịch số 60/2014/QH13", "For example: article 28 of Law 60/2014/QH13";
    CONSENT: "Sự đồng ý", "Consent";
    CONSENT_GIVEN: "Người từ đủ 9 tuổi đồng ý thay đổi họ, tên của mình", "The person, nine years or older, consents to the change of name";
    CONFIRM_AMENDMENT: "Xác nhận cải chính, thay đổi", "Confirm the amendment";
    BEFORE: "Trước", "Before";
    AFTER: "Sau", "After";
    AMENDMENT_FOLLOWS: "Giấy khai sinh đã cấp sẽ không còn đúng; hệ thống lập bản mới và báo cho Cơ sở dữ liệu quốc gia về dân cư.",
        "The certificate issued before will no longer be true; a new one is made, and the population database is told.";
    DONE_AMENDMENT: "Đã ghi cải chính, thay đổi.", "The amendment is recorded.";
    WAIT_FOR_CERTIFICATE: "Giấy khai sinh hiện hành đang được lập. Hãy thử lại sau ít phút.",
        "The certificate in force is still being made. Try again in a few minutes.";

    ANNUL: "Thu hồi, hủy bỏ đăng ký", "Annul the registration";
    ANNUL_MEANING: "Chỉ ghi khi cơ quan có thẩm quyền đã quyết định rằng việc đăng ký trái pháp luật (Luật Hộ tịch, Điều 12, 70 và 71).",
        "Only by the decision of the competent authority that the registration was against the law (Law on Civil Status, articles 12, 70 and 71).";
    ANNULMENT_BASIS: "Quyết định thu hồi, hủy bỏ", "Decision to annul";
    ANNULMENT_BASIS_HINT: "Số, ngày và cơ quan ra quyết định", "Number, date and authority of the decision";
    CONFIRM_ANNULMENT: "Xác nhận thu hồi, hủy bỏ", "Confirm the annulment";
    ANNULMENT_FOLLOWS: "Nội dung đăng ký và Giấy khai sinh không còn giá trị và không được thống kê nữa. Trẻ em có thể được đăng ký lại cho đúng.",
        "The entry and its certificate are no longer valid and no longer counted. The child can be registered again, as it should be.";
    DONE_ANNULMENT: "Đã ghi việc thu hồi, hủy bỏ.", "The annulment is recorded.";
    ANNULLED: "Đã thu hồi, hủy bỏ", "Annulled";
    ANNULLED_BY: "Người ghi", "Recorded by";

    BOOK_OF_BIRTHS: "Sổ đăng ký khai sinh", "Book of births";
    BOOK_OF_CHANGES: "Sổ đăng ký thay đổi, cải chính", "Book of changes";
    OTHER_BOOK: "Sổ hộ tịch khác", "Another book";
    EVENTS: "Số sự kiện", "Events";
    PAGES: "Số trang", "Pages";
    OPEN: "Đang mở", "Open";
    CLOSED_ON: "Đã khóa ngày {0}", "Closed on {0}";
    CLOSE: "Khóa sổ", "Close";
    NO_BOOKS: "Chưa có sổ nào.", "There is no book yet.";
    CONFIRM_CLOSE: "Xác nhận khóa sổ {0}", "Confirm closing book {0}";
    CLOSE_FOLLOWS: "Sổ có {0} sự kiện trên {1} trang. Sau khi khóa không thể ghi thêm (Luật Hộ tịch, Điều 58 khoản 2).",
        "The book has {0} events on {1} pages. Nothing can be entered after closing (Law on Civil Status, article 58(2)).";
    YEAR_NOT_OVER: "Chỉ khóa sổ khi hết ngày 31 tháng 12 của năm.", "A book is closed when 31 December of its year is over.";
    ENTRIES_PENDING: "Còn trường hợp đã quyết định mà chưa có số trong sổ. Hãy thử lại sau ít phút.",
        "Some decided registrations still wait for their number. Try again in a few minutes.";
    DONE_CLOSE: "Đã khóa sổ.", "The book is closed.";

    VERIFY: "Kiểm tra Giấy khai sinh", "Check a birth certificate";
    CODE: "Mã kiểm tra", "Code";
    CODE_HINT: "16 chữ và số in cạnh mã QR trên Giấy khai sinh", "The 16 letters and digits printed beside the QR code";
    CHECK: "Kiểm tra", "Check";
    NO_SUCH_CODE: "Không có Giấy khai sinh nào mang mã này. Hãy kiểm tra lại từng ký tự.",
        "No certificate has this code. Check it letter by letter.";
    GENUINE: "Giấy khai sinh này có trong Sổ hộ tịch", "This certificate is in the register";
    OUTDATED: "Giấy khai sinh này không còn đúng", "This certificate is no longer true";
    OUTDATED_MEANING: "Nội dung đã được cải chính, thay đổi hoặc thu hồi sau khi cấp. Hãy hỏi nơi đăng ký.",
        "What it says was corrected, changed or annulled after it was issued. Ask where it was registered.";
    COMMUNE: "Nơi đăng ký", "Registered at";
    FINGERPRINT: "SHA-256 của tệp PDF", "SHA-256 of the PDF file";
    PROOF: "Bằng chứng trong sổ cái", "Proof in the ledger";
    DOWNLOAD_PROOF: "Tải bằng chứng", "Download the proof";
    NO_NAMES: "Trang này không nêu tên ai. Hãy so số, ngày và mã SHA-256 với giấy đang có.",
        "This page names nobody. Compare number, date and SHA-256 with the certificate at hand.";
}
