// Words of the pages that people look for, in both languages.

const words = (vi, en) => ({ vi, en });

export const SEARCH = words("Tìm", "Search");
export const FIND = words("Tìm", "Find");
export const START = words("Bắt đầu", "Start now");
export const DELETE_DRAFT = words("Xóa tờ khai đang làm", "Delete it");
export const SAVE = words("Lưu và tiếp tục", "Save and continue");
export const CONTINUE = words("Tiếp tục", "Continue");
export const CONFIRM = words("Xác nhận", "Confirm");
export const SUBMIT = words("Nộp hồ sơ", "Send the application");
export const SUBMIT_REPLY = words("Gửi bổ sung", "Send the reply");
export const FOLLOW = words("Xem hồ sơ", "See the dossier");
export const REPLY = words("Bổ sung hồ sơ", "Reply");
export const WITHDRAW = words("Rút hồ sơ", "Withdraw the dossier");
export const RATE = words("Việc giải quyết hồ sơ thế nào?", "How did it go?");
export const SEND_RATING = words("Gửi ý kiến", "Send");
export const PROBLEM = words("Có lỗi cần sửa", "There is a problem");

export const JOINED_PROCEDURE = words(
  "Liên thông đăng ký khai sinh, đăng ký thường trú, cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi",
  "Registration of birth and permanent residence, and health insurance card, for a child under six",
);
export const CERTIFICATE = words("Giấy khai sinh", "Birth certificate");
export const HEALTH_CARD = words("Thẻ bảo hiểm y tế", "Health insurance card");
export const RESIDENCE = words("Thông báo kết quả đăng ký cư trú", "Confirmation of residence");
export const RECEIPT = words("Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "Receipt slip");

/** The states of a dossier that the portal shows. */
export const STATES = {
  submitted: words("Mới đăng ký", "Submitted"),
  inProgress: words("Đang xử lý", "In progress"),
  notReceived: words("Không được tiếp nhận", "Not received"),
  supplementAsked: words("Yêu cầu bổ sung giấy tờ", "More information asked for"),
  returned: words("Đã trả kết quả", "Result returned"),
};

export const SIGN_IN = words("Đăng nhập", "Sign in");
export const SIGN_OUT = words("Đăng xuất", "Sign out");
export const WITH_PASSKEY = words("Đăng nhập bằng khóa truy cập (passkey)", "Sign in with a passkey");
export const ADD_PASSKEY = words("Thêm khóa truy cập", "Add a passkey");
export const MAKE_PASSKEY = words("Tạo khóa truy cập", "Make the passkey");
export const SIGN_AND_SUBMIT = words("Ký bằng khóa truy cập (passkey) và nộp", "Sign with a passkey and send");
export const SIGN = words("Ký bằng khóa truy cập", "Sign with the passkey");
export const DO_NOT_SIGN = words("Không ký, quay lại", "Do not sign, go back");
export const USE_PASSKEY = words("Dùng khóa truy cập", "Use the passkey");
export const AGREE = words("Đồng ý", "Agree");
export const TAKE_BACK = words("Rút lại", "Take back");
export const END = words("Kết thúc", "End");
export const NOTE_CHECK = words("Ghi nhận đã kiểm tra", "Note the check");
