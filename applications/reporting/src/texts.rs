//! The words of the pages.

web::translations! {
    TITLE: "Báo cáo thống kê hộ tịch", "Figures of civil status";
    INTRODUCTION: "Số liệu hình thành từ chính các sự kiện đã đăng ký, mỗi sự kiện được tính một lần (Nghị định 09/2019/NĐ-CP, Thông tư 03/2019/TT-BTP).",
        "The figures come from the registered events themselves, each counted once (Decree 09/2019/ND-CP, Circular 03/2019/TT-BTP).";
    PERIOD: "Kỳ báo cáo", "Reporting period";
    PERIOD_HINT: "Từ ngày 15 của tháng trước đến ngày 14", "From the 15th of the month before to the 14th";
    COUNTED_BY: "Tính theo đơn vị hành chính", "Count by administrative units";
    BY_TODAY: "Hiện nay", "Of today";
    BY_THAT_DAY: "Tại ngày đăng ký", "Of the day of registration";
    SHOW: "Xem số liệu", "Show figures";
    MONTH: "Tháng {0}/{1}", "Month {0}/{1}";
    QUARTER: "Quý {0}/{1}", "Quarter {0}/{1}";
    HALF_YEAR: "6 tháng (kỳ {0}) năm {1}", "Half-year {0} of {1}";
    NINE_MONTHS: "9 tháng năm {0}", "Nine months of {0}";
    YEAR: "Năm {0}", "Year {0}";
    NO_PERIOD: "Chọn một kỳ báo cáo trong danh sách", "Choose a reporting period from the list";
    COUNTRY: "Cả nước", "The whole country";
    CAPTION: "{0}: đăng ký khai sinh từ {1} đến {2}", "{0}: births registered from {1} to {2}";
    UNIT: "Đơn vị", "Unit";
    BIRTHS: "Tổng số", "All";
    MALE: "Nam", "Boys";
    FEMALE: "Nữ", "Girls";
    KINH: "Dân tộc Kinh", "Kinh group";
    OTHER_GROUPS: "Dân tộc khác", "Other groups";
    ON_TIME: "Đúng hạn", "On time";
    LATE: "Quá hạn", "Late";
    TOTAL: "Cộng", "Sum";
    NOTHING: "Chưa có sự kiện nào trong kỳ này.", "Nothing was registered in this period.";
    FORMER: "{0} (từ {1})", "{0} (from {1})";
    SPLIT: "Trong đó {0} trường hợp do đơn vị cũ đã bị chia tách đăng ký, tính cho đơn vị nhận phần lớn.",
        "Of these, {0} were registered by former units that were split, and stand with the unit that took over most of it.";
    DOWNLOAD: "Tải số liệu (CSV)", "Download the figures (CSV)";
    OPEN_BIRTHS: "Các trường hợp tạo nên số liệu này", "The entries that make this figure";
    WHO_OPENS: "Người tổng hợp báo cáo đã đăng nhập mở được từng trường hợp tạo nên số liệu.",
        "Whoever compiles reports can sign in and open each entry that makes the figure.";
    ENTRIES: "Trường hợp đã đăng ký", "Registered entries";
    REGISTERED_ON: "Ngày đăng ký", "Registered on";
    ENTRY: "Mã đăng ký", "Entry";
    COUNTS_AS: "Được tính là", "Counts as";
    BIRTH: "Một trường hợp khai sinh", "One registered birth";
    COMMUNE: "Nơi đăng ký", "Registered at";
    ANNULLED: "Đã thu hồi, hủy bỏ; không tính nữa", "Annulled; no longer counted";
    EVENTS: "Các sự kiện đã báo", "The events that told of it";
    SAID: "Nội dung", "What it told";
    SAID_REGISTERED: "Đăng ký", "Registered";
    SAID_AMENDED: "Cải chính, thay đổi", "Amended";
    SAID_ANNULLED: "Thu hồi, hủy bỏ", "Annulled";
    TOLD_AT: "Xảy ra lúc", "Happened";
    MESSAGE: "Thông điệp", "Message";
}
