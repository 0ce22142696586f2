//! What the pages say.

use contracts::{Purpose, population::PersonField, portal::ResultFact};
use web::Text;

web::translations! {
    PORTAL: "Dịch vụ công trực tuyến", "Public services online";
    PORTAL_LEAD: "Tìm dịch vụ, nộp hồ sơ, theo dõi và nhận kết quả ngay tại đây. Điều gì Nhà nước đã biết thì không hỏi lại.",
        "Find a service, apply, follow it and receive the result here. What the State already knows is not asked again.";
    SEARCH_SERVICES: "Bạn cần làm gì?", "What do you need to do?";
    SEARCH_SERVICES_HINT: "Có dấu hoặc không dấu, ví dụ: khai sinh", "With or without accents, for example: khai sinh";
    SEARCH: "Tìm", "Search";
    TOO_LONG: "Chỉ được ghi nhiều nhất {0} ký tự", "Write at most {0} characters";
    FOUND: "Tìm thấy {0} dịch vụ", "Services found: {0}";
    FOUND_NONE: "Không có dịch vụ nào như vậy. Hãy ghi ít từ hơn.", "There is no such service. Write fewer words.";
    APPLY_ONLINE: "Nộp trực tuyến", "Apply online";
    MY_DOSSIERS: "Hồ sơ của tôi", "My dossiers";
    WHO_READ: "Ai đã xem thông tin của tôi", "Who read my data";

    CODE: "Mã thủ tục", "Code";
    AUTHORITY: "Nơi giải quyết", "Who decides";
    AUTHORITY_PROVINCE: "Ủy ban nhân dân cấp tỉnh", "The People's Committee of the province";
    AUTHORITY_DISTRICT: "Ủy ban nhân dân cấp huyện", "The People's Committee of the district";
    AUTHORITY_COMMUNE: "Ủy ban nhân dân cấp xã", "The People's Committee of the commune";
    TIME_LIMIT: "Thời hạn", "How long it takes";
    SAME_DAY: "Trong ngày; nhận sau 15 giờ thì ngày làm việc tiếp theo", "The same day; received after 15:00, the next working day";
    WORKING_DAYS: "{0} ngày làm việc", "{0} working days";
    WORKING_HOURS: "{0} giờ làm việc", "{0} working hours";
    CALENDAR_DAYS: "{0} ngày", "{0} days";
    MONTHS: "{0} tháng", "{0} months";
    FEE: "Lệ phí", "Fee";
    FREE: "Miễn phí", "Free of charge";
    FEE_LINE: "{0}: {1} đồng", "{0}: {1} dong";
    CITATION: "Căn cứ pháp lý", "Law";
    NEEDED: "Bạn cần gì", "What you need";
    NO_PAPERS: "không cần giấy tờ, Nhà nước đã có", "no papers needed, the State has it";
    OPTIONAL: "nếu có", "if there is one";
    STEPS: "Các bước giải quyết", "Steps";
    RESULTS: "Bạn nhận được gì", "What you get";
    START: "Bắt đầu", "Start now";
    AT_THE_COUNTER: "Dịch vụ này chưa nộp được trực tuyến ở đây. Hãy đến bộ phận một cửa.",
        "This service can't be applied for online here yet. Go to the one-door.";

    NEED_NUMBER: "Hãy đăng nhập bằng tài khoản có số định danh cá nhân.", "Sign in with an account that has a personal number.";
    NOT_ANSWERING: "Hệ thống cần hỏi đang không trả lời. Hãy thử lại sau ít phút; những gì bạn đã ghi vẫn được giữ.",
        "A system that has to be asked is not answering. Try again in a few minutes; what you entered is kept.";
    RECORD_INCOMPLETE_MOTHER: "Hồ sơ dân cư của người mẹ còn thiếu thông tin. Hãy đến công an xã bổ sung, rồi nộp lại.",
        "The mother's population record is incomplete. Have it completed by the commune police, then apply again.";
    RECORD_INCOMPLETE_FATHER: "Hồ sơ dân cư của người cha còn thiếu thông tin. Hãy đến công an xã bổ sung, rồi nộp lại.",
        "The father's population record is incomplete. Have it completed by the commune police, then apply again.";
    SPOUSE_UNKNOWN: "Vợ hoặc chồng của bạn chưa có số định danh cá nhân. Hãy nộp hồ sơ tại bộ phận một cửa.",
        "Your husband or wife has no personal number. Apply at the one-door.";

    APPLY_LEAD: "Chúng tôi lấy thông tin của bạn và của vợ hoặc chồng bạn từ Cơ sở dữ liệu quốc gia về dân cư; bạn không phải ghi lại. Lần tra cứu này được ghi nhận và bạn xem lại được.",
        "Your particulars and those of your husband or wife come from the national population database; you need not type them. This reading is recorded, and you can see it.";
    ONLY_PARENTS: "Người nộp trực tuyến là cha hoặc mẹ của trẻ. Người khác nộp tại bộ phận một cửa.",
        "Only the child's father or mother applies online. Others apply at the one-door.";
    DRAFT_KEPT: "Bạn có một tờ khai đang làm dở, lưu lúc {0}.", "You have an application begun earlier, saved at {0}.";
    RESUME: "Làm tiếp", "Go on with it";
    DELETE_DRAFT: "Xóa tờ khai đang làm", "Delete it";
    DRAFT_DELETED: "Đã xóa tờ khai đang làm.", "The draft is deleted.";
    CONTINUE: "Lưu và tiếp tục", "Save and continue";
    CHANGE: "Thay đổi", "Change";

    CHILD: "Trẻ được khai sinh", "The child";
    FAMILY_NAME: "Họ", "Family name";
    MIDDLE_NAME: "Chữ đệm", "Middle name";
    MIDDLE_NAME_HINT: "Bỏ trống nếu không có", "Leave empty if there is none";
    GIVEN_NAME: "Tên", "Given name";
    SEX: "Giới tính", "Sex";
    MALE: "Nam", "Male";
    FEMALE: "Nữ", "Female";
    BIRTH_DATE: "Ngày sinh", "Date of birth";
    BIRTH_DATE_HINT: "Ví dụ: 11 11 2026", "For example: 11 11 2026";
    BIRTH_NOTICE: "Số giấy chứng sinh", "Number of the birth notice";
    BIRTH_NOTICE_HINT: "Do cơ sở y tế cấp. Bỏ trống nếu chưa có.", "Given by the health facility. Leave empty if there is none.";
    FULL_NAME: "Họ, chữ đệm, tên", "Name";
    CHOOSE_SEX: "Chọn giới tính của trẻ", "Choose the child's sex";
    ENTER_FAMILY_NAME: "Nhập họ của trẻ", "Enter the child's family name";
    ENTER_GIVEN_NAME: "Nhập tên của trẻ", "Enter the child's given name";
    NOT_LETTERS: "Họ tên chỉ gồm chữ cái tiếng Việt hoặc tiếng dân tộc khác của Việt Nam, không có chữ số hay ký hiệu",
        "A name has only letters of Vietnamese or of a language of Vietnam's ethnic groups, no digits or signs";
    UNPRINTABLE: "Nội dung có ký tự không in được. Hãy gõ lại", "The text holds characters that can't be printed. Type it again";
    BIRTH_IN_FUTURE: "Ngày sinh không thể sau hôm nay", "The date of birth can't be after today";
    BIRTH_TOO_LONG_AGO: "Ngày sinh phải từ ngày 01/01/1900", "The date of birth must be 1 January 1900 or later";
    OLDER_THAN_PARENT: "Khi đó cha hoặc mẹ chưa đủ 12 tuổi. Hãy kiểm tra lại ngày sinh của trẻ",
        "A parent was younger than 12 then. Check the child's date of birth";
    NOT_UNDER_SIX: "Thủ tục liên thông chỉ dành cho trẻ dưới 6 tuổi. Hãy dùng thủ tục Đăng ký khai sinh (1.001193)",
        "The joined procedure is only for children under six. Use Registration of birth (1.001193)";

    BIRTH_PLACE: "Nơi sinh", "Place of birth";
    FACILITY: "Cơ sở y tế hoặc địa chỉ", "Health facility or address";
    FACILITY_HINT: "Ví dụ: Bệnh viện Phụ sản Hà Nội", "For example: Hanoi Obstetrics Hospital";
    ENTER_FACILITY: "Nhập cơ sở y tế hoặc địa chỉ nơi trẻ sinh ra", "Enter the health facility or address where the child was born";
    FIND_COMMUNE: "Tìm xã, phường, đặc khu khác", "Find another commune";
    FIND_COMMUNE_HINT: "Ghi tên, có dấu hoặc không dấu, rồi bấm Tìm", "Write the name, with or without accents, then press Search";
    COMMUNE_OF_BIRTH: "Xã, phường, đặc khu nơi sinh", "Commune of birth";
    CHOOSE_COMMUNE: "Chọn xã, phường, đặc khu nơi sinh", "Choose the commune of birth";
    NO_COMMUNE: "Không có xã, phường, đặc khu nào tên như vậy. Hãy kiểm tra lại tên",
        "No commune has such a name. Check the name";
    ENTER_COMMUNE: "Nhập tên xã, phường, đặc khu cần tìm", "Enter the name of the commune";
    MORE_COMMUNES: "Còn những nơi khác; hãy ghi tên rõ hơn nếu chưa thấy.", "There are more; write more of the name if yours is not here.";

    MOTHER: "Mẹ", "Mother";
    FATHER: "Cha", "Father";
    FROM_POPULATION: "Theo Cơ sở dữ liệu quốc gia về dân cư. Nếu chưa đúng, hãy đề nghị công an xã nơi bạn cư trú sửa trước khi nộp.",
        "From the national population database. If anything is wrong, have it corrected by the commune police before you apply.";
    NO_MOTHER: "Bạn không có vợ trong Cơ sở dữ liệu quốc gia về dân cư, nên tờ khai không ghi người mẹ. Nếu trẻ có mẹ cần ghi, hãy nộp tại bộ phận một cửa.",
        "The population database records no wife of yours, so no mother is written in the form. To name one, apply at the one-door.";
    NO_FATHER: "Bạn không có chồng trong Cơ sở dữ liệu quốc gia về dân cư, nên tờ khai không ghi người cha. Nhận cha cho con là thủ tục riêng tại bộ phận một cửa.",
        "The population database records no husband of yours, so no father is written in the form. Recognising a father is a procedure of its own at the one-door.";
    PERSONAL_NUMBER: "Số định danh cá nhân", "Personal number";
    ETHNICITY: "Dân tộc", "Ethnic group";
    NATIONALITY: "Quốc tịch", "Nationality";
    RESIDENCE: "Nơi cư trú", "Residence";
    HOMETOWN: "Quê quán", "Ancestral home";
    NONE: "Không có", "None";

    CHOICES: "Lựa chọn của cha mẹ", "What the parents choose";
    CHOOSE_HOMETOWN: "Quê quán của con theo ai?", "Whose ancestral home does the child take?";
    CHOOSE_ETHNICITY: "Dân tộc của con theo ai?", "Whose ethnic group does the child take?";
    CHOOSE_REGISTERS: "Đăng ký tại nơi cư trú của ai?", "At whose place of residence is the birth registered?";
    MISSING_HOMETOWN: "Chọn quê quán theo cha hoặc mẹ", "Choose the father's or the mother's ancestral home";
    MISSING_ETHNICITY: "Chọn dân tộc theo cha hoặc mẹ", "Choose the father's or the mother's ethnic group";
    MISSING_REGISTERS: "Chọn nơi đăng ký", "Choose where the birth is registered";
    AS_MOTHER: "Theo mẹ: {0}", "As the mother: {0}";
    AS_FATHER: "Theo cha: {0}", "As the father: {0}";
    NOT_JOINED: "Tỉnh, thành phố này chưa kết nối với trục liên thông, nên chưa nhận hồ sơ trực tuyến. Hãy chọn nơi khác hoặc nộp tại bộ phận một cửa",
        "This province isn't joined to the exchange yet, so it takes no dossiers online. Choose the other place, or apply at the one-door";

    CHECK: "Kiểm tra thông tin trước khi nộp", "Check your answers before you send";
    CHECK_REPLY: "Kiểm tra thông tin trước khi gửi bổ sung", "Check your answers before you reply";
    REGISTERS_AT: "Nơi đăng ký", "Registered at";
    DECLARATION: "Tôi cam đoan nội dung trên là đúng sự thật và chịu trách nhiệm trước pháp luật.",
        "I declare that the above is true, and answer for it before the law.";
    RESIDENCE_ASKED: "Cùng tờ khai này, tôi đề nghị đăng ký thường trú cho con trong hộ của mẹ hoặc, nếu mẹ chưa có nơi thường trú, của cha; chủ hộ và chủ sở hữu chỗ ở đã đồng ý (Luật Cư trú, Điều 20).",
        "With the same declaration I ask that the child be registered as resident in the mother's household or, where she has none, the father's; the head of household and the owner of the dwelling have agreed (Law on Residence, article 20).";
    DECLARATION_LEGEND: "Cam đoan", "Declaration";
    DECLARE: "Đánh dấu cam đoan trước khi nộp", "Tick the declaration before you send";
    SUBMIT: "Nộp hồ sơ", "Send the application";
    SIGN_AND_SUBMIT: "Ký bằng khóa truy cập (passkey) và nộp", "Sign with a passkey and send";
    NOT_SIGNED: "Bạn chưa ký, và chưa có gì được nộp. Hãy ký lại, hoặc nộp mà không ký.",
        "You have not signed, and nothing was sent. Sign, or send without a signature.";
    SIGNED_OTHER: "Nội dung đã thay đổi sau khi bạn ký, nên chưa có gì được nộp. Hãy kiểm tra và ký lại.",
        "What you signed is not what stands here now, so nothing was sent. Check it and sign anew.";
    CANNOT_SIGN: "Chưa ký được bằng tài khoản định danh của bạn. Hãy nộp mà không ký; hồ sơ vẫn được tiếp nhận như thường.",
        "You can't sign with your identification account. Send without a signature; the dossier is received all the same.";
    SIGNING_AWAY: "Hệ thống định danh đang không trả lời, và chưa có gì được nộp. Hãy thử ký lại sau ít phút, hoặc nộp mà không ký.",
        "The identity system does not answer just now, and nothing was sent. Try again in a few minutes, or send without a signature.";
    SIGNATURE: "Chữ ký của người nộp", "Your signature";
    SIGNED_AT: "Đã ký bằng khóa truy cập lúc {0} (khóa gắn ở mức độ {1})", "Signed with your passkey at {0} (key bound at level {1})";
    UNSIGNED: "Không ký", "Not signed";
    SUBMIT_REPLY: "Gửi bổ sung", "Send the reply";
    COMMUNE_STAYS: "Hồ sơ đã được một nơi tiếp nhận, nên khi bổ sung không đổi nơi đăng ký. Hãy chọn lại nơi đăng ký như lúc nộp.",
        "The dossier was received by one commune, so a reply can't change where the birth is registered. Choose the same place as before.";

    SENT: "Đã nộp hồ sơ", "Application sent";
    REFERENCE: "Mã tham chiếu", "Reference";
    WHAT_NEXT: "Bộ phận một cửa tiếp nhận và hẹn ngày trả kết quả. Bạn theo dõi hồ sơ tại đây; kết quả tải được ngay khi có.",
        "The one-door receives it and says when the result is due. Follow it here; the result can be downloaded as soon as it is there.";
    FOLLOW: "Xem hồ sơ", "See the dossier";

    NO_DOSSIERS: "Bạn chưa nộp hồ sơ nào.", "You have handed in no dossier.";
    DRAFTS: "Tờ khai đang làm", "Begun and not sent";
    HANDED_IN: "Đã nộp", "Handed in";
    PROCEDURE: "Thủ tục", "Service";
    STATE: "Tình trạng", "State";
    SUBMITTED_AT: "Nộp lúc", "Sent at";
    SAVED_AT: "Lưu lúc", "Saved at";
    SENDING: "Đang gửi", "Sending";
    NOT_TAKEN: "Chưa được nhận, cần sửa", "Not taken, correct it";
    NOT_TAKEN_KNOWN: "Không được nhận", "Not taken";
    REPLACED: "Đã nộp lại", "Sent again";
    SENDING_MEANING: "Hồ sơ đang được gửi tới bộ phận một cửa. Bạn không phải làm gì; nếu đường truyền gián đoạn, hệ thống tự gửi lại.",
        "The dossier is on its way to the one-door. You need do nothing; if the line is down, it is sent again by itself.";
    SENDING_SUPPLY: "Nội dung bổ sung đang được gửi.", "Your reply is on its way.";
    SENDING_WITHDRAW: "Yêu cầu rút hồ sơ đang được gửi.", "Your withdrawal is on its way.";
    REFUSED_SUBMIT: "Bộ phận một cửa chưa nhận hồ sơ: {0}", "The one-door did not take the dossier: {0}";
    REFUSED_SUPPLY: "Bộ phận một cửa chưa nhận nội dung bổ sung: {0}", "The one-door did not take your reply: {0}";
    REFUSED_WITHDRAW: "Không rút được hồ sơ: {0}", "The dossier could not be withdrawn: {0}";
    KNOWN_CHILD: "Không nộp lại hồ sơ này. Hãy theo dõi hồ sơ kia tại Hồ sơ của tôi, hoặc hỏi xã, phường nơi đăng ký.",
        "Do not send this one again. Follow the other dossier under My dossiers, or ask the commune where it is registered.";
    CORRECT: "Sửa và nộp lại", "Correct and send again";
    REPLY: "Bổ sung hồ sơ", "Reply";
    DOSSIER_CODE: "Mã hồ sơ", "Dossier";
    DUE: "Hẹn trả kết quả", "Result due";
    CHILD_NUMBER: "Số định danh cá nhân của con", "Personal number of the child";
    CHILD_HEALTH_CARD: "Số thẻ bảo hiểm y tế của con", "Health card number of the child";
    TIME_LINE: "Diễn biến", "Time line";
    DOCUMENTS: "Giấy tờ", "Documents";
    NO_DOCUMENTS: "Chưa có giấy tờ nào.", "There are no documents yet.";
    DOCUMENT_CERTIFICATE: "Giấy khai sinh", "Birth certificate";
    DOCUMENT_RESIDENCE: "Thông báo kết quả đăng ký cư trú", "Confirmation of residence";
    DOCUMENT_HEALTH_CARD: "Thẻ bảo hiểm y tế", "Health insurance card";
    DOCUMENT_RECEIPT: "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "Receipt slip";
    DOCUMENT_SUPPLEMENT: "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", "Request to supply more";
    DOCUMENT_REFUSAL: "Phiếu từ chối tiếp nhận giải quyết hồ sơ", "Notice of refusal";
    DOCUMENT_APOLOGY: "Phiếu xin lỗi và hẹn lại ngày trả kết quả", "Apology with a new date";
    WITHDRAW: "Rút hồ sơ", "Withdraw the dossier";
    CONFIRM_WITHDRAW: "Xác nhận rút hồ sơ", "Confirm the withdrawal";
    WITHDRAW_MEANING: "Sau khi rút, hồ sơ này không được giải quyết nữa. Bạn có thể nộp hồ sơ mới.",
        "Once withdrawn, this dossier is not decided any more. You can send a new one.";
    CANCEL: "Không rút, quay lại", "Keep it and go back";
    HOW_WAS_IT: "Việc giải quyết hồ sơ thế nào?", "How did it go?";
    RATING_5: "5 - Rất hài lòng", "5 - Very satisfied";
    RATING_4: "4 - Hài lòng", "4 - Satisfied";
    RATING_3: "3 - Bình thường", "3 - Neither";
    RATING_2: "2 - Không hài lòng", "2 - Dissatisfied";
    RATING_1: "1 - Rất không hài lòng", "1 - Very dissatisfied";
    RATING_WORDS: "Bạn muốn nói thêm gì?", "What would you like to add?";
    CHOOSE_RATING: "Chọn từ 1 đến 5", "Choose from 1 to 5";
    SEND_RATING: "Gửi ý kiến", "Send";
    DONE_RATING: "Cảm ơn bạn đã cho ý kiến.", "Thank you for telling us.";
    DONE_WITHDRAW: "Yêu cầu rút hồ sơ đã được ghi nhận.", "Your withdrawal is noted.";
    DONE_REPLY: "Nội dung bổ sung đã được ghi nhận.", "Your reply is noted.";
    YOUR_RATING: "Ý kiến của bạn", "What you said";
    YOUR_ANSWERS: "Nội dung đã nộp", "What you sent";

    WHO_READ_LEAD: "Mỗi lần một cơ quan xem thông tin của bạn trong Cơ sở dữ liệu quốc gia về dân cư đều được ghi lại.",
        "Each time an agency reads your data in the national population database, it is recorded.";
    NOBODY_READ: "Chưa có lượt xem nào.", "There are no readings.";
    TIME: "Thời điểm", "Time";
    READER: "Ai", "Who";
    WHAT_FOR: "Để làm gì", "What for";
    LEGAL_BASIS: "Căn cứ", "Legal basis";
    WHAT_READ: "Đã xem gì", "What was read";
    NOTHING_READ: "Không mục nào", "Nothing";
    EARLIER: "Các lượt xem trước đó", "Earlier readings";
    FOR_CIVIL_STATUS: "Đăng ký hộ tịch", "Civil-status registration";
    FOR_PROCEDURE: "Giải quyết thủ tục hành chính", "An administrative procedure";
    FOR_RESIDENCE: "Đăng ký cư trú", "Registration of residence";
    FOR_HEALTH_INSURANCE: "Bảo hiểm y tế", "Health insurance";
    FOR_IDENTIFICATION: "Định danh và xác thực điện tử", "Identification and authentication";
    FOR_OWN_DATA: "Chính bạn xem", "Read by yourself";
    MARITAL_STATUS: "Tình trạng hôn nhân", "Marital status";
    SPOUSE: "Vợ hoặc chồng", "Spouse";
    DEATH_DATE: "Ngày chết", "Date of death";
}

/// What a purpose of the country's list means.
pub(crate) fn purpose(code: &str) -> Option<Text> {
    match code {
        Purpose::CIVIL_STATUS => Some(FOR_CIVIL_STATUS),
        Purpose::PROCEDURE => Some(FOR_PROCEDURE),
        Purpose::RESIDENCE => Some(FOR_RESIDENCE),
        Purpose::HEALTH_INSURANCE => Some(FOR_HEALTH_INSURANCE),
        Purpose::IDENTIFICATION => Some(FOR_IDENTIFICATION),
        Purpose::OWN_DATA => Some(FOR_OWN_DATA),
        _ => None,
    }
}

/// The name of a field of a person's record.
pub(crate) fn field(field: PersonField) -> Text {
    match field {
        PersonField::Name => FULL_NAME,
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

/// The name of a result that is a short text, by its code.
pub(crate) fn result_fact(code: &str) -> Option<Text> {
    match code {
        ResultFact::PERSONAL_NUMBER => Some(CHILD_NUMBER),
        ResultFact::HEALTH_CARD => Some(CHILD_HEALTH_CARD),
        _ => None,
    }
}

/// The name of a document by the code of what it is: a result of the procedure, or a form of Circular 01/2018/TT-VPCP
/// article 9, whose code begins with the form's number.
pub(crate) fn document(component: &str) -> Option<Text> {
    const DOCUMENTS: [(&str, Text); 7] = [
        ("GKS", DOCUMENT_CERTIFICATE),
        ("TB-CT", DOCUMENT_RESIDENCE),
        ("BHYT", DOCUMENT_HEALTH_CARD),
        ("form-01", DOCUMENT_RECEIPT),
        ("form-02", DOCUMENT_SUPPLEMENT),
        ("form-03", DOCUMENT_REFUSAL),
        ("form-04", DOCUMENT_APOLOGY),
    ];
    DOCUMENTS.into_iter().find(|(code, _)| component.starts_with(code)).map(|(_, text)| text)
}
