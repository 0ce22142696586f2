//! What the exchange's pages say.

web::translations! {
    TITLE: "Trục liên thông", "The exchange";
    LEAD: "Mọi cơ quan trao đổi dữ liệu qua trục này. Mỗi thông điệp được ghi vào sổ của cả hai bên, có chữ ký và chứng minh được.",
        "All agencies exchange data here. Every message is in the ledgers of both sides, signed and provable.";
    MEMBERS: "Cơ quan và hệ thống", "Members and systems";
    MEMBER: "Cơ quan", "Member";
    CODE: "Mã", "Code";
    SYSTEMS: "Hệ thống", "Systems";
    DIRECTORY_FACTS: "Danh bạ phiên bản {0}, ký lúc {1}", "Directory version {0}, signed {1}";
    STALE: "Danh bạ đã quá hạn làm mới nhưng vẫn được sử dụng. Hãy kiểm tra kết nối tới trung tâm.",
        "The directory is past its refresh date and is still used. Check the connection to the centre.";
    LEDGERS: "Sổ của các nút", "Ledgers of the nodes";
    NODE: "Nút", "Node";
    ENTRIES: "Số bút toán", "Entries";
    CHECKPOINT: "Điểm kiểm tra", "Checkpoint";
    TRAFFIC: "Lưu lượng từ khi khởi động", "Traffic since the start";
    CLIENT: "Bên gọi", "Client";
    SERVICE: "Dịch vụ", "Service";
    CALLS: "Lượt gọi", "Calls";
    FAILURES: "Lỗi", "Failures";
    MEAN: "Trung bình (ms)", "Mean (ms)";
    NOTHING_YET: "Chưa có thông điệp nào.", "No message has passed yet.";
    LATEST: "Thông điệp gần đây", "Latest messages";
    OF_CASE: "Thông điệp của hồ sơ {0}", "Messages of the case {0}";
    FIND_CASE: "Tìm theo mã hồ sơ", "Find by code of the dossier";
    FIND: "Tìm", "Find";
    AT: "Thời điểm", "Time";
    PURPOSE: "Mục đích", "Purpose";
    LEGAL_BASIS: "Căn cứ pháp lý", "Legal basis";
    STATUS: "Kết quả", "Status";
    MESSAGE: "Thông điệp {0}", "Message {0}";
    CASE: "Hồ sơ", "Case";
    CALL: "Lời gọi", "Call";
    FIELDS: "Trường được xem", "Fields shown";
    ALL_FIELDS: "tất cả", "all";
    PROVEN: "Bằng chứng đã được kiểm tra: yêu cầu có trong sổ của {0}, trả lời có trong sổ của {1}.",
        "The proof holds: the request is in the ledger of {0}, the answer in that of {1}.";
    PROVEN_REQUEST: "Bằng chứng đã được kiểm tra: yêu cầu có trong sổ của {0}. Chưa có trả lời.",
        "The proof holds: the request is in the ledger of {0}. There is no answer yet.";
    NOT_PROVEN: "Bằng chứng KHÔNG đúng: {0}", "The proof does NOT hold: {0}";
    RECEIPT: "Tải biên nhận để tự kiểm tra ngoại tuyến", "Download the receipt to verify it offline";
    EVENTS: "Sự kiện và đăng ký nhận", "Events and subscriptions";
    EVENTS_LEAD: "Mỗi nút giữ nhật ký sự kiện của cơ quan mình. Hệ thống công bố quyết định ai được nhận.",
        "Each node keeps the event log of its own agency. The system that publishes decides who subscribes.";
    EVENT_TYPES: "Loại sự kiện", "Event types";
    EVENT_TYPE: "Loại sự kiện", "Event type";
    PUBLISHER: "Bên công bố", "Publisher";
    NO_EVENT_TYPES: "Chưa có loại sự kiện nào.", "There is no event type yet.";
    SUBSCRIPTIONS: "Đăng ký nhận", "Subscriptions";
    SUBSCRIPTION: "Đăng ký nhận {0}", "Subscription to {0}";
    SUBSCRIBER: "Bên nhận", "Subscriber";
    NO_SUBSCRIPTIONS: "Chưa có đăng ký nào.", "There is no subscription yet.";
    DELIVERY: "Cách nhận", "Delivery";
    DELIVERY_FACTS: "{0}, hạn {1} giây", "{0}, time to live {1} s";
    IN_ORDER: "theo thứ tự từng khóa", "in order by key";
    STATE: "Tình trạng", "State";
    STATE_ASKED: "Chờ duyệt", "Asked";
    STATE_GRANTED: "Đã cấp", "Granted";
    STATE_REFUSED: "Đã từ chối", "Refused";
    STATE_ENDED: "Đã chấm dứt", "Ended";
    DECIDED_BY: "Người quyết định", "Decided by";
    REASON: "Lý do", "Reason";
    POSITION: "Đã giao tới số", "Handed over up to number";
    WAITING: "Đang chờ", "Waiting";
    DEAD: "Không giao được", "Dead letters";
    NO_DEAD: "Không có thư nào không giao được.", "There are no dead letters.";
    EVENT: "Sự kiện", "Event";
    NUMBER: "Số", "Number";
    REPLAY: "Giao lại", "Replay";
    GRANT: "Cấp quyền nhận", "Grant";
    REFUSE: "Từ chối", "Refuse";
    END: "Chấm dứt", "End";
    DELIVERY_LOG: "Nhật ký giao", "Delivery log";
    NO_DELIVERIES: "Chưa giao lần nào.", "Nothing was handed over yet.";
    OUTCOME: "Kết quả", "Outcome";
    CONFIRMED: "Đã xác nhận", "Confirmed";
    FETCHED: "Đã lấy", "Fetched";
    REFUSED: "Bị từ chối", "Refused";
    UNREACHABLE: "Không kết nối được", "Unreachable";
    EXPIRED: "Hết hạn", "Expired";
    GIVEN_UP: "Đã ngừng giao", "Given up";
    REPLAYED: "Giao lại", "Replayed";
}
