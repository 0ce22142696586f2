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
    OF_PERSON: "Thông điệp do một người thực hiện", "Messages in which a person acted";
    OF_SYSTEM: "Thông điệp của hệ thống {0}", "Messages of the system {0}";
    OF_SERVICE: "Thông điệp của dịch vụ {0}", "Messages of the service {0}";
    FIND_PERSON: "Tìm theo số định danh cá nhân của người thực hiện", "Find by personal number of who acted";
    FIND_SYSTEM: "Tìm theo hệ thống gọi hoặc trả lời", "Find by system that called or answered";
    FIND_SERVICE: "Tìm theo dịch vụ", "Find by service";
    OLDER: "Thông điệp cũ hơn", "Older messages";
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
    WITNESSES: "Nhân chứng của các sổ", "Witnesses of the ledgers";
    WITNESSES_LEAD: "Nhân chứng xác nhận điểm kiểm tra của một sổ chỉ khi sổ đó lớn lên mà không bị sửa. Nhờ vậy, kể cả người giữ sổ cũng không thể viết lại sổ mà không ai hay.",
        "A witness cosigns a ledger's checkpoint only if the ledger has grown and nothing in it was changed. So not even its keeper can rewrite it unseen.";
    WITNESS: "Nhân chứng", "Witness";
    LEDGER: "Sổ", "Ledger";
    ATTESTERS: "Ai xác nhận sổ của các nút ở đây", "Who attests the ledgers of the nodes here";
    ATTESTER: "Bên xác nhận", "Attested by";
    NO_ATTESTERS: "Chưa có ai được hỏi.", "Nobody has been asked yet.";
    STATE: "Tình trạng", "State";
    ATTESTS: "Đang xác nhận", "Attests";
    DOES_NOT_ATTEST: "Không xác nhận:", "Does not attest:";
    WITNESSED: "Các sổ được làm chứng ở đây", "Ledgers witnessed here";
    NOTHING_WITNESSED: "Chưa làm chứng cho sổ nào.", "No ledger has been witnessed yet.";
    FORKS: "Bằng chứng về sổ bị rẽ nhánh", "Evidence of forked ledgers";
    FORKS_FOUND: "Có sổ đã bị viết lại, hoặc không chứng minh được rằng mình chưa bị viết lại. Hãy liên hệ cơ quan giữ sổ.",
        "A ledger was rewritten, or could not prove that it was not. Contact the agency that keeps it.";
    FORK_MEANING: "Điều được chứng minh", "What it proves";
    FORK_EVIDENCE: "Bằng chứng", "Evidence";
    FORK_TWO_ROOTS: "Cùng một kích thước, sổ đã ký hai nội dung khác nhau: sổ bị rẽ nhánh.",
        "The ledger has signed two contents for one size: it was forked.";
    FORK_OTHER_BEGINNING: "Sổ mới không bắt đầu bằng những gì sổ cũ đã ký: sổ bị viết lại.",
        "The newer ledger does not begin with what the older one had signed: it was rewritten.";
    FORK_UNPROVEN: "Không chứng minh được rằng sổ chỉ lớn lên. Đây là nghi vấn, chưa phải bằng chứng.",
        "Its growth could not be proven. This is a suspicion, no proof.";
    STAMPED: "Dấu thời gian của {0}", "Time stamp of {0}";
    SEEN_BY: "Nhân chứng của {0}", "Witness of {0}";
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
