//! What the pages say.

web::translations! {
    TITLE: "Đơn vị hành chính và cơ quan", "Administrative units and agencies";
    INTRODUCTION: "Tra đơn vị hành chính vào một ngày bất kỳ, địa chỉ cũ nay là gì, và mã định danh điện tử của cơ quan.",
        "Look up an administrative unit on any day, what an old address is today, and the electronic code of an agency.";
    FIND_UNIT: "Tìm đơn vị hành chính", "Find an administrative unit";
    NAME: "Tên đơn vị", "Name of the unit";
    NAME_HINT: "Có dấu hoặc không dấu, ví dụ: Phường Trúc Bạch, Quận Ba Đình", "With or without accents, such as: Phuong Truc Bach, Quan Ba Dinh";
    NAME_MISSING: "Nhập tên đơn vị cần tìm", "Enter the name of the unit";
    NAME_TOO_LONG: "Tên đơn vị chỉ được dài nhất {0} ký tự", "The name may have at most {0} characters";
    ON_DAY: "Vào ngày", "On the day";
    ON_DAY_HINT: "Bỏ trống để tra theo hôm nay. Trước ngày 01/7/2025 còn cấp huyện.",
        "Leave empty for today. Before 1 July 2025 there were districts.";
    DAY_OUT_OF_RANGE: "Ngày phải từ 02/9/1945 đến một năm sau hôm nay", "The day must lie between 2 September 1945 and a year from today";
    SEARCH: "Tìm", "Search";
    FOUND: "Vào ngày {1}: {0} đơn vị", "Units on {1}: {0}";
    FOUND_MORE: "Chỉ hiện {0} đơn vị đầu tiên. Hãy ghi tên rõ hơn.", "Only the first {0} units are shown. Write more of the name.";
    FOUND_NONE: "Không có đơn vị nào tên như vậy vào ngày {0}. Hãy kiểm tra tên hoặc chọn ngày khác.",
        "No unit had such a name on {0}. Check the name or choose another day.";
    UNIT: "Đơn vị", "Unit";
    CODE: "Mã", "Code";
    LEVEL: "Cấp", "Level";
    LEVEL_PROVINCE: "Tỉnh", "Province";
    LEVEL_DISTRICT: "Huyện", "District";
    LEVEL_COMMUNE: "Xã", "Commune";
    ENGLISH_NAME: "Tên tiếng Anh", "Name in English";
    FULL_NAME: "Tên đầy đủ", "Full name";
    PERIOD: "Hiệu lực", "In this form";
    SINCE: "từ ngày {0}", "since {0}";
    UNTIL: "đến hết ngày {0}", "until {0}, that day included";
    SINCE_UNTIL: "từ ngày {0} đến hết ngày {1}", "from {0} until {1}, that day included";
    SINCE_UNKNOWN: "không có trong danh mục khi nào bắt đầu", "the list does not say since when";
    FORMED_FROM: "Thành lập từ", "Formed from";
    BELONGING: "Đơn vị trực thuộc", "Units that belong to it";
    RELATED_LATER: "Địa chỉ này vào ngày {0} là", "On {0}, this address is in";
    RELATED_EARLIER: "Địa bàn này vào ngày {0} là", "On {0}, this area was";
    UNCHANGED: "Không thay đổi.", "Nothing changed.";
    PART: "một phần", "a part";
    MAIN: "chính", "main";
    SHARE: "Phần", "Share";
    WHOLE: "toàn bộ", "all of it";
    CITATION: "Căn cứ", "By";
    OTHER_DAY: "Xem vào ngày khác", "See it on another day";
    SHOW: "Xem", "Show";
    UNIT_UNKNOWN: "Không có đơn vị hành chính nào mang mã này.", "No administrative unit has this code.";
    UNIT_NOT_THEN: "Vào ngày {0} không có đơn vị hành chính nào mang mã này.", "No administrative unit had this code on {0}.";
    FIND_AGENCY: "Tra mã định danh điện tử", "Look up an electronic identification code";
    AGENCY_CODE: "Mã định danh", "Identification code";
    AGENCY_CODE_HINT: "Mã mới (H26.19), mã cũ (000.00.19.H26), mã số doanh nghiệp hoặc mã tổ chức khác (Z01…)",
        "New form (H26.19), old form (000.00.19.H26), an enterprise's code or another organisation's (Z01…)";
    AGENCY_CODE_MISSING: "Nhập mã cần tra", "Enter the code";
    AGENCY_CODE_WRONG: "Mã chưa đúng. Hãy kiểm tra lại từng ký tự. ({0})", "This is not a code: {0}";
    LOOK_UP: "Tra mã", "Look up";
    KIND: "Loại mã", "Kind of code";
    KIND_AGENCY: "Cơ quan nhà nước (Quyết định 20/2020/QĐ-TTg)", "Agency (Decision 20/2020/QĐ-TTg)";
    KIND_OLD_AGENCY: "Cơ quan nhà nước, dạng cũ (QCVN 102:2016/BTTTT)", "Agency, old form (QCVN 102:2016/BTTTT)";
    KIND_ORGANISATION: "Tổ chức khác, lược đồ {0}", "Other organisation, scheme {0}";
    KIND_ENTERPRISE: "Doanh nghiệp, hợp tác xã hoặc hộ kinh doanh", "Enterprise, co-operative or household business";
    NEW_FORM: "Dạng mới", "New form";
    OLD_FORM: "Dạng cũ", "Old form";
    NO_OTHER_FORM: "Không viết được ({0})", "It can't be written so: {0}";
    AGENCY_NAME: "Cơ quan", "Agency";
    AGENCY_UNKNOWN: "Mã đúng dạng nhưng không có trong danh mục", "The code is well formed and not in the list";
    STATE: "Tình trạng", "State";
    ACTIVE: "Đang hoạt động", "At work";
    CLOSED: "Đã đóng mã; cơ quan tiếp nhận: {0}", "Closed; its work passed to {0}";
    CLOSED_WITHOUT_SUCCESSOR: "Đã đóng mã", "Closed";
    PROVINCE: "Tỉnh, thành phố", "Province";
    BASIS: "Nguồn", "Source";
    BASIS_DECISION: "Quyết định 20/2020/QĐ-TTg, Quyết định 09/2025/QĐ-TTg", "Decision 20/2020/QĐ-TTg, Decision 09/2025/QĐ-TTg";
    BASIS_DOCUMENT: "Thấy trong văn bản của cơ quan", "Seen in documents of agencies";
    BASIS_INFERRED: "Theo thứ tự danh mục hoặc hiểu biết chung, chưa đối chiếu", "From the order of the list or general knowledge; not compared yet";
    BASIS_ILLUSTRATIVE: "Mã minh họa, chưa tìm được mã thật", "Illustrative; the real code was not found";
}
