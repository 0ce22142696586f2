//! What the pages say.

web::translations! {
    TITLE: "Thủ tục hành chính", "Administrative procedures";
    INTRODUCTION: "Tra thủ tục như có hiệu lực vào một ngày bất kỳ: ai giải quyết, hồ sơ gồm gì, bao lâu, lệ phí.",
        "Look up a procedure as it was in force on any day: who decides, what to bring, how long, what it costs.";
    WORDS: "Từ trong tên thủ tục", "Words of the name";
    WORDS_HINT: "Có dấu hoặc không dấu, ví dụ: khai sinh. Bỏ trống để xem tất cả.", "With or without accents, such as: khai sinh. Leave empty for all.";
    WORDS_TOO_LONG: "Chỉ được ghi nhất {0} ký tự", "Write at most {0} characters";
    ON_DAY: "Có hiệu lực vào ngày", "In force on the day";
    ON_DAY_HINT: "Bỏ trống để tra theo hôm nay.", "Leave empty for today.";
    DAY_OUT_OF_RANGE: "Ngày phải từ 02/9/1945 đến một năm sau hôm nay", "The day must lie between 2 September 1945 and a year from today";
    SEARCH: "Tìm", "Search";
    FOUND: "Có hiệu lực vào ngày {1}: {0} thủ tục", "In force on {1}: {0}";
    FOUND_NONE: "Không có thủ tục nào như vậy có hiệu lực vào ngày {0}. Hãy ghi ít từ hơn hoặc chọn ngày khác.",
        "No such procedure was in force on {0}. Write fewer words or choose another day.";
    NAME: "Tên thủ tục", "Name";
    CODE: "Mã", "Code";
    SECTOR: "Lĩnh vực", "Sector";
    ONLINE: "Nộp trực tuyến", "Online";
    YES: "Có", "Yes";
    NO: "Không", "No";
    PERIOD: "Hiệu lực", "In force";
    SINCE: "từ ngày {0}", "since {0}";
    SINCE_UNTIL: "từ ngày {0} đến hết ngày {1}", "from {0} until {1}, that day included";
    AUTHORITY: "Thẩm quyền", "Authority";
    AUTHORITY_PROVINCE: "Ủy ban nhân dân cấp tỉnh", "Province";
    AUTHORITY_DISTRICT: "Ủy ban nhân dân cấp huyện", "District";
    AUTHORITY_COMMUNE: "Cấp xã", "Commune";
    TIME_LIMIT: "Thời hạn", "Time limit";
    SAME_DAY: "trong ngày; nhận sau 15 giờ thì ngày làm việc tiếp theo", "the same day; received after 15:00, the next working day";
    WORKING_DAYS: "{0} ngày làm việc", "{0} working days";
    WORKING_HOURS: "{0} giờ làm việc", "{0} working hours";
    CALENDAR_DAYS: "{0} ngày", "{0} days";
    MONTHS: "{0} tháng", "{0} months";
    FEES: "Lệ phí", "Fees";
    FREE: "miễn lệ phí", "free of charge";
    FEES_UNKNOWN: "chưa có trong cơ sở dữ liệu này", "not recorded here yet";
    FEE: "{0}: {1} đồng", "{0}: {1} dong";
    COMPONENTS: "Thành phần hồ sơ", "What to bring";
    COMPONENTS_UNKNOWN: "Chưa có trong cơ sở dữ liệu này.", "Not recorded here yet.";
    REQUIRED: "bắt buộc", "required";
    OPTIONAL: "nếu có", "if there is one";
    HELD: "Không phải nộp: Nhà nước đã có dữ liệu ({0})", "You need not bring it: the State has the data ({0})";
    HOLDER_POPULATION: "Cơ sở dữ liệu quốc gia về dân cư", "national population database";
    HOLDER_CIVIL_STATUS: "Cơ sở dữ liệu hộ tịch điện tử", "civil-status register";
    HOLDER_INSURANCE: "Cơ sở dữ liệu về bảo hiểm", "insurance database";
    STEPS: "Các bước giải quyết", "Steps";
    AFTER: "sau bước: {0}", "after: {0}";
    RESULTS: "Kết quả", "What you get";
    CITATION: "Căn cứ pháp lý", "Law";
    HISTORY: "Các lần thay đổi", "Versions";
    UNSURE: "Một phần thông tin của thủ tục này chưa được đối chiếu với văn bản luật.",
        "Part of what is said of this procedure has not been compared with the text of the law.";
    FROM_SECONDARY: "theo nguồn thứ cấp", "from a secondary source";
    FROM_MEMORY: "chưa đối chiếu", "not compared yet";
    NOT_IN_FORCE: "Thủ tục không có hiệu lực vào ngày {0}.", "The procedure is not in force on {0}.";
    UNKNOWN: "Không có thủ tục nào mang mã này.", "No procedure has this code.";
}
