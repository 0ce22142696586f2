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
    CLOCKS: "Đồng hồ của các nút khác", "Clocks of other nodes";
    CLOCKS_FAR: "Đồng hồ của hai nút lệch nhau quá 5 giây. Thông điệp bị từ chối khi lệch nhiều hơn nữa. Hãy chỉnh đồng hồ sai bằng NTP.",
        "The clocks of two nodes differ by more than 5 seconds. When they differ much more, messages are refused. Set the wrong one by NTP.";
    OTHER_NODE: "Nút khác", "Other node";
    AHEAD: "Nhanh hơn (ms)", "Ahead by (ms)";
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
    HAND_OVER_AGAIN: "Giao lại từ một số thứ tự", "Hand over again from a number on";
    AFTER_NUMBER: "Sau sự kiện số", "After event number";
    AFTER_NUMBER_HINT: "Mọi sự kiện sau số này được giao lại, kể cả những sự kiện bên nhận đã xác nhận. 0 là từ đầu.",
        "Every event after this number comes again, those too that the subscriber has confirmed. 0 means from the beginning.";
    NOT_REACHED: "Chưa giao tới số này, nên sẽ bỏ sót sự kiện. Hãy nhập một số từ 0 đến số đã giao tới.",
        "This number was not reached yet, so events would be passed over. Enter a number from 0 to the one handed over up to.";
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
    TRAFFIC_NOW: "Lưu lượng của giờ và ngày vừa qua", "Traffic of the last hour and day";
    TRAFFIC_LEAD: "Mỗi cặp bên gọi và dịch vụ: số lượt, lỗi, thời gian. Bấm vào một cặp để xem từng phút, từng giờ và từng thông điệp cùng bằng chứng.",
        "Every pair of client and service: calls, failures, times. Follow a pair to its minutes, hours, and messages with their proofs.";
    CALLS_MADE: "{0}: các lượt gọi đi", "{0}: calls made";
    CALLS_ANSWERED: "{0}: các lượt được phục vụ", "{0}: calls answered";
    CALLS_HOUR: "Lượt gọi trong giờ", "Calls in the hour";
    CALLS_DAY: "Lượt gọi trong ngày", "Calls in the day";
    P50: "Trung vị (ms)", "p50 (ms)";
    P99: "99% không quá (ms)", "p99 (ms)";
    BY_MINUTE: "Giờ vừa qua, theo phút", "The last hour, by minute";
    BY_HOUR: "Ngày vừa qua, theo giờ", "The last day, by hour";
    ACCESS: "Quyền truy cập dữ liệu", "Access to data";
    ACCESS_LEAD: "Cơ quan được hỏi phải trả lời trong 5 ngày làm việc; từ chối phải nêu rõ lý do (Nghị định 47/2020/NĐ-CP, Điều 35).",
        "The agency that is asked answers within 5 working days; a refusal says why (Decree 47/2020/ND-CP, article 35).";
    ACCESS_OF: "Quyền truy cập của {0}", "Access of {0}";
    REQUESTS: "Yêu cầu", "Requests";
    NO_REQUESTS: "Chưa có yêu cầu nào.", "Nothing has been asked for yet.";
    ENDPOINT: "Điểm truy cập", "Endpoint";
    ANSWER_DUE: "Hạn trả lời", "Answer due";
    OVERDUE: "Quá hạn", "Overdue";
    GROUPS: "Nhóm hệ thống", "Groups of systems";
    GROUP_SYSTEMS: "Các hệ thống trong nhóm, mỗi dòng một hệ thống; để trống để xóa nhóm",
        "Systems in the group, one a line; leave it empty to forget the group";
    GROUP_WRONG: "Mã nhóm hoặc mã hệ thống không đúng. Hãy ghi mỗi hệ thống như VN/GOV/H26/one-door.",
        "The code of the group or a system can't be read. Write each system like VN/GOV/H26/one-door.";
    NAME_GROUP: "Đặt nhóm", "Name the group";
    ASK_FOR_ACCESS: "Yêu cầu quyền truy cập ở cơ quan khác", "Ask another agency for access";
    ASK_LEAD: "Yêu cầu được gửi qua trục tới cơ quan cung cấp và ghi vào sổ của cả hai bên.",
        "The request goes through the exchange to the provider, and into the ledgers of both sides.";
    ASK: "Gửi yêu cầu", "Send the request";
    ASK_CLIENT: "Hệ thống của mình, ví dụ VN/GOV/G22/portal", "Your system, for example VN/GOV/G22/portal";
    ASK_SERVICE: "Dịch vụ cần truy cập, ví dụ VN/GOV/G01/population/people",
        "The service, for example VN/GOV/G01/population/people";
    ASK_METHOD: "Phương thức HTTP; để trống cho mọi phương thức", "HTTP method; empty for any";
    ASK_PATH: "Đường dẫn; * là một đoạn, ** là nhiều đoạn; để trống cho tất cả", "Path; * is one segment, ** any number; empty for all";
    ASK_PURPOSES: "Mục đích sử dụng, cách nhau bằng dấu phẩy", "Purposes, with commas between";
    ASK_FIELDS: "Các trường dữ liệu cần nhận, cách nhau bằng dấu phẩy; để trống cho tất cả", "Fields that are needed, with commas between; empty for all";
    ASK_LEGAL_BASIS: "Căn cứ pháp lý", "Legal basis";
    ASK_FROM: "Từ ngày, ví dụ 2026-12-01", "From, for example 2026-12-01";
    ASK_UNTIL: "Đến trước ngày, ví dụ 2027-12-01", "Until, for example 2027-12-01";
    ASK_RATE: "Số lượt gọi mỗi phút", "Calls a minute";
    ASK_BURST: "Số lượt gọi liền nhau", "Calls at once";
    ASK_WRONG: "Có mục không đọc được. Hãy ghi hệ thống, dịch vụ, ngày và số như trong ví dụ.",
        "Something can't be read. Write system, service, dates and numbers as in the examples.";
    ASK_NOT_OURS: "Hệ thống này không thuộc nút ở đây. Hãy gửi yêu cầu ở nút của cơ quan đó.",
        "The system is not of a node here. Ask at the node of its own agency.";
    GRANT_ACCESS: "Cấp quyền", "Grant";
    REASON_MISSING: "Từ chối phải nêu rõ lý do.", "A refusal says why.";
    RATE: "Tần suất", "Rate";
    RATE_FACTS: "{0} lượt mỗi phút, {1} lượt liền nhau", "{0} calls a minute, {1} at once";
    VALID_FROM: "Có hiệu lực từ", "Valid from";
    VALID_UNTIL: "Hết hiệu lực", "Valid until";
    ASKED_BY: "Bên yêu cầu", "Asked by";
    ASKED_AT: "Lúc yêu cầu", "Asked at";
    STEPS: "Các bước, ghi trong sổ", "Steps, in the ledger";
    STEP: "Bước", "Step";
    ENTRY: "Bút toán", "Entry";
    ENTRY_PROVEN: "đúng với sổ", "as in the ledger";
    ENTRY_NOT_PROVEN: "KHÔNG đúng với sổ", "NOT as in the ledger";
    USES: "Các lượt sử dụng gần đây", "Latest uses";
    NO_USES: "Chưa được sử dụng.", "It has not been used.";
}
