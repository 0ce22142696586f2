//! The words of the system's pages and messages, in two languages.

use crate::{
    model::{Act, Method},
    rules::{
        code::STEP_LIMIT_SECONDS,
        password::{PASSWORD_LIMIT_BYTES, PASSWORD_MINIMUM_CHARACTERS, PasswordFault},
        post::{ADMINISTRATOR, PostFault, PostKind},
    },
};
use contracts::identity::{ClaimField, Level, MandateKind};
use web::{Language, Message, Text};

web::translations! {
    ACCOUNT: "Tài khoản định danh điện tử", "Identification account";
    NUMBER: "Số định danh cá nhân", "Personal number";
    NUMBER_HINT: "12 chữ số, trên thẻ căn cước", "12 digits, on your identity card";
    ENTER_NUMBER: "Nhập số định danh cá nhân gồm 12 chữ số", "Enter your personal number of 12 digits";
    PASSWORD: "Mật khẩu", "Password";
    ENTER_PASSWORD: "Nhập mật khẩu", "Enter your password";
    CONTINUE: "Tiếp tục", "Continue";
    NAME: "Họ, chữ đệm và tên", "Full name";
    ENTER_NAME: "Nhập họ, chữ đệm và tên như trên thẻ căn cước", "Enter your name as on your identity card";
    BIRTH_DATE: "Ngày sinh", "Date of birth";
    DEVICE: "Trình duyệt", "Browser";
    TIME: "Thời điểm", "Time";
    TOO_LONG: "Nhập ngắn hơn", "Enter less";

    SIGN_IN: "Đăng nhập tài khoản định danh", "Sign in to your identification account";
    SIGN_IN_BUTTON: "Đăng nhập", "Sign in";
    SIGN_OUT: "Đăng xuất", "Sign out";
    WRONG: "Số định danh, mật khẩu hoặc mã không đúng. Hãy kiểm tra lại.",
        "The personal number, password or code is not right. Check them.";
    WAIT: "Đã thử sai nhiều lần. Hãy đợi {0} giây rồi thử lại, hoặc đăng nhập bằng khóa truy cập (passkey).",
        "There were too many wrong attempts. Wait {0} seconds, or sign in with a passkey.";
    BUSY: "Hệ thống đang có quá nhiều lượt đăng nhập. Hãy thử lại sau ít phút.",
        "Too many people sign in just now. Try again in a few minutes.";
    OVER: "Bước này đã hết hạn. Hãy làm lại từ đầu.", "This step has run out. Begin again.";
    WITH_PASSKEY: "Đăng nhập bằng khóa truy cập (passkey)", "Sign in with a passkey";
    NO_ACCOUNT: "Chưa có tài khoản? Đăng ký mức độ 1", "No account yet? Register for level 1";
    FORGOTTEN: "Quên mật khẩu", "Forgotten password";
    AGAIN: "Hãy xác nhận lại danh tính để tiếp tục.", "Show who you are once more to go on.";
    LEVEL_2_NEEDED: "Dịch vụ này cần tài khoản mức độ 2: hãy đăng nhập bằng khóa truy cập đã gắn tại nơi đăng ký.",
        "This service needs level 2: sign in with the passkey that was bound at the office.";

    CODE: "Mã xác thực", "Code";
    CODE_TITLE: "Nhập mã xác thực", "Enter the code";
    CODE_SENT: "Mã gồm 6 chữ số đã được gửi đến điện thoại hoặc thư điện tử của bạn.",
        "A code of 6 digits was sent to your phone or mailbox.";
    CODE_OF_APP: "Nhập mã gồm 6 chữ số trong ứng dụng xác thực của bạn.",
        "Enter the code of 6 digits that your authenticator app shows.";
    WRONG_CODE: "Mã không đúng. Hãy kiểm tra lại.", "The code is not right. Check it.";
    CODE_MESSAGE: "Ma xac thuc / Code: {0}. Het han sau {1} phut / valid for {1} minutes. Khong dua ma nay cho bat ky ai / never tell it to anybody.",
        "Ma xac thuc / Code: {0}. Het han sau {1} phut / valid for {1} minutes. Khong dua ma nay cho bat ky ai / never tell it to anybody.";
    RECOVERED_MESSAGE: "Mat khau tai khoan dinh danh vua duoc dat lai / The password of your identification account was reset.",
        "Mat khau tai khoan dinh danh vua duoc dat lai / The password of your identification account was reset.";
    TRIED_MESSAGE: "Co nguoi vua thu mo tai khoan dinh danh bang thong tin cua ban / Somebody tried to open an identification account with your particulars.",
        "Co nguoi vua thu mo tai khoan dinh danh bang thong tin cua ban / Somebody tried to open an identification account with your particulars.";

    SIGN_UP: "Đăng ký tài khoản định danh mức độ 1", "Register for an account of level 1";
    SIGN_UP_LEAD: "Thông tin phải khớp với Cơ sở dữ liệu quốc gia về dân cư. Người từ đủ 14 tuổi tự đăng ký.",
        "Your particulars must match the national population database. You may register from the age of 14.";
    CONTACT: "Số điện thoại hoặc thư điện tử", "Phone number or e-mail address";
    ENTER_CONTACT: "Nhập số điện thoại Việt Nam hoặc địa chỉ thư điện tử", "Enter a Vietnamese phone number or an e-mail address";
    NEW_PASSWORD: "Mật khẩu mới", "New password";
    NEW_PASSWORD_HINT: "Ít nhất 10 ký tự; vài từ không liên quan với nhau là tốt nhất.",
        "At least 10 characters; a few words that have nothing to do with each other are best.";
    REPEAT_PASSWORD: "Nhập lại mật khẩu mới", "New password once more";
    DIFFERENT: "Hai lần nhập mật khẩu không giống nhau", "The two passwords are not the same";
    TOO_SHORT: "Mật khẩu phải có ít nhất {0} ký tự", "A password has at least {0} characters";
    PASSWORD_TOO_LONG: "Mật khẩu dài nhất {0} byte", "A password has at most {0} bytes";
    BROKEN: "Mật khẩu này đã bị lộ trong các vụ rò rỉ. Hãy chọn mật khẩu khác.",
        "This password is known from break-ins. Choose another one.";
    GUESSABLE: "Mật khẩu chứa thông tin của bạn hoặc lặp một ký tự. Hãy chọn mật khẩu khác.",
        "The password holds what is known of you, or repeats one character. Choose another one.";
    CONTACT_WAIT: "Đã gửi nhiều mã đến địa chỉ này. Hãy đợi {0} giây rồi thử lại.",
        "Many codes were sent there already. Wait {0} seconds and try again.";
    REFUSED: "Không mở được tài khoản với thông tin này. Hãy kiểm tra thông tin hoặc đến cơ quan Công an cấp xã.",
        "No account can be opened with these particulars. Check them, or go to the police of your commune.";

    RECOVERY_KEY: "Khóa khôi phục", "Recovery key";
    RECOVERY_KEY_LEAD: "Hãy ghi lại khóa này và cất giữ như giấy tờ. Nó thay cho mật khẩu khi bạn quên, và chỉ hiện một lần.",
        "Write this key down and keep it like a document. It stands in for a forgotten password, and is shown only once.";
    RECOVER: "Đặt lại mật khẩu", "Reset your password";
    RECOVER_LEAD: "Cần khóa khôi phục đã ghi lại và mã xác thực. Mọi phiên đang mở sẽ kết thúc. Nếu mất khóa, hãy đến cơ quan Công an cấp xã.",
        "You need the recovery key you wrote down, and a code. All open sessions will end. Without the key, go to the police of your commune.";
    ENTER_RECOVERY_KEY: "Nhập khóa khôi phục", "Enter your recovery key";

    LEVEL: "Mức độ", "Level";
    LEVEL_1: "Mức độ 1", "Level 1";
    LEVEL_2: "Mức độ 2", "Level 2";
    OVERVIEW_SESSIONS: "Thiết bị và phiên đăng nhập", "Devices and sessions";
    OVERVIEW_HISTORY: "Lịch sử", "History";
    OVERVIEW_KEYS: "Mật khẩu, khóa truy cập, ứng dụng xác thực", "Password, passkeys, authenticator app";
    HOW_TO_LEVEL_2: "Để lên mức độ 2: đến cơ quan Công an cấp xã cùng thẻ căn cước; hai cán bộ kiểm tra và đưa bạn một mã để gắn khóa truy cập.",
        "For level 2: go to the police of your commune with your identity card; two officials check it and give you a code to bind a passkey.";

    OVERVIEW_CONSENTS: "Dịch vụ được biết thông tin của bạn", "Services that may know your data";
    CONSENT: "Đồng ý cung cấp thông tin", "Consent to share your data";
    CONSENT_LEAD: "{0} đề nghị biết các thông tin dưới đây. Mục đích: {1}. Bỏ chọn thông tin bạn không muốn cung cấp.",
        "{0} asks to know what is below. Purpose: {1}. Untick what you do not want to share.";
    CONSENT_NOTHING: "{0} chỉ đề nghị xác nhận bạn đã đăng nhập, không biết thông tin nào khác. Mục đích: {1}.",
        "{0} asks only to know that you have signed in, and nothing else. Purpose: {1}.";
    FIELDS: "Thông tin", "Data";
    AGREE: "Đồng ý", "Agree";
    REFUSE: "Không đồng ý", "Do not agree";
    REQUEST_OVER: "Yêu cầu đăng nhập này không hợp lệ hoặc đã hết hạn. Hãy quay lại dịch vụ và bắt đầu lại.",
        "This request to sign in is not valid or has run out. Go back to the service and begin again.";
    CONSENTS_LEAD: "Khi rút lại, dịch vụ không đọc được thông tin của bạn nữa và phải hỏi lại.",
        "When you take it back, the service can no longer read your data and has to ask again.";
    NO_CONSENTS: "Chưa có dịch vụ nào.", "There are none yet.";
    BY_LAW: "Trang của cơ quan nhà nước", "Sites of the State";
    BY_LAW_LEAD: "Khi bạn đăng nhập các trang này, pháp luật cho phép chúng biết tên, số định danh cá nhân và vị trí công tác của bạn trong các hệ thống của trang, nên không hỏi sự đồng ý.",
        "When you sign in to these, the law lets them know your name, your personal number and your posts in their systems, so you are not asked.";
    SERVICE: "Dịch vụ", "Service";
    WITHDRAW: "Rút lại", "Take back";
    LOGOUT: "Đăng xuất khỏi tài khoản định danh?", "Sign out of your identification account?";
    LOGOUT_LEAD: "Các dịch vụ bạn đã đăng nhập từ phiên này cũng được báo.", "The services you signed in to from this session are told as well.";
    LOGGED_OUT: "Bạn đã đăng xuất", "You have signed out";

    FIELD_NAME: "Họ, chữ đệm và tên", "Name";
    FIELD_BIRTHDATE: "Ngày sinh", "Date of birth";
    FIELD_GENDER: "Giới tính", "Sex";
    FIELD_NUMBER: "Số định danh cá nhân", "Personal number";
    FIELD_PHONE: "Số điện thoại", "Phone number";
    FIELD_EMAIL: "Thư điện tử", "E-mail address";
    FIELD_REPRESENTS: "Bạn hành động thay cho ai", "For whom you act";
    FIELD_POSTS: "Vị trí công tác của bạn trong hệ thống này", "Your posts in this system";

    MANDATES: "Hành động thay cho người khác", "Acting for others";
    MANDATES_LEAD: "Cha, mẹ hành động thay cho con dưới 18 tuổi. Việc giám hộ, ủy quyền và đại diện cho tổ chức do cơ quan có thẩm quyền ghi nhận.",
        "Parents act for their children under 18. Guardianship, authorisation and acting for an organisation are noted by the authority that decides them.";
    NO_MANDATES: "Bạn không hành động thay cho ai.", "You act for nobody else.";
    FOR_CHILD: "Thay cho con", "For your child";
    FOR_REPRESENTED: "Thay cho người được đại diện", "For a person you represent";
    FOR_ORGANISATION: "Thay cho tổ chức", "For an organisation";
    BASIS: "Căn cứ", "Basis";
    FROM: "Từ ngày", "From";
    UNTIL: "Đến trước ngày", "Until before";
    STOP_ACTING: "Thôi hành động thay", "Stop acting for them";
    CHILD_NUMBER: "Số định danh của con", "Your child's personal number";
    ACT_FOR_CHILD: "Hành động thay cho con", "Act for your child";
    EMPLOYEES_LEAD: "Người đại diện theo pháp luật giao người khác thay mặt tổ chức, tối đa 366 ngày, và kết thúc việc đó bất cứ lúc nào.",
        "Who represents an organisation has others act for it, for at most 366 days, and ends that at any time.";
    NO_EMPLOYEES: "Chưa giao ai.", "Nobody acts for it.";
    EMPLOYEE: "Số định danh cá nhân của người được giao", "Personal number of the employee";
    GIVE_MANDATE: "Giao thay mặt tổ chức", "Have them act for it";
    END_GIVEN: "Kết thúc việc thay mặt", "End this";
    NOT_REPRESENTED: "Theo cơ quan đăng ký, bạn không đại diện cho tổ chức này.", "By the register you do not represent this organisation.";
    EMPLOYEE_ONESELF: "Bạn đã đại diện cho tổ chức này.", "You represent it yourself.";
    EMPLOYEE_DAYS: "Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay, trong vòng 366 ngày và trong thời gian bạn đại diện.",
        "The end comes after the beginning and after today, within 366 days and while you represent it.";
    NOT_PARENT: "Cơ sở dữ liệu dân cư không ghi bạn là cha hoặc mẹ của người có số này.",
        "The population database does not name you as a parent of anybody with this number.";
    GROWN: "Con bạn đã đủ 18 tuổi và tự mình hành động.", "Your child is 18 and acts for themselves.";
    CHILD_WAIT: "Đã thử nhiều số. Hãy đợi {0} giây rồi thử lại.", "Many numbers were tried. Wait {0} seconds and try again.";

    SESSIONS_LEAD: "Kết thúc phiên mà bạn không nhận ra, rồi đổi mật khẩu.", "End any session you do not recognise, then change your password.";
    MORE_SESSIONS: "Trên đây là {0} phiên dùng gần nhất. Còn những phiên khác; khôi phục tài khoản sẽ kết thúc tất cả.",
        "These are the {0} that were used last. There are more; recovering the account ends all of them.";
    MORE_CONSENTS: "Còn những dịch vụ khác, được đồng ý trước đó.", "There are more, of earlier.";
    THIS_SESSION: "Phiên này", "This session";
    LAST_SEEN: "Dùng lần cuối", "Last used";
    METHODS: "Cách đăng nhập", "Signed in with";
    END: "Kết thúc", "End";
    BROWSERS: "Trình duyệt đã biết", "Browsers that are known";
    KNOWN_BROWSERS: "Tài khoản này đã được đăng nhập ở {0} trình duyệt. Ở đó, mật khẩu là đủ, trừ khi bạn dùng ứng dụng xác thực.",
        "This account was signed in to in {0} browsers. There the password is enough, unless you use an authenticator app.";
    FORGET_BROWSERS: "Quên tất cả trình duyệt", "Forget all browsers";
    DID_SIGN_SUBMISSION: "Ký hồ sơ bằng khóa truy cập", "Submission signed with a passkey";
    DID_FORGET: "Các trình duyệt đã biết bị quên", "Known browsers forgotten";
    HISTORY_LEAD: "Mọi lần đăng nhập và thay đổi của tài khoản.", "Every sign-in and every change of the account.";
    EARLIER: "Cũ hơn", "Earlier";
    EVENT: "Sự việc", "What happened";

    CHANGE_PASSWORD: "Đổi mật khẩu", "Change the password";
    OLD_PASSWORD: "Mật khẩu hiện tại", "Present password";
    PASSKEYS: "Khóa truy cập (passkey)", "Passkeys";
    NO_PASSKEYS: "Chưa có khóa truy cập.", "There are no passkeys yet.";
    PASSKEYS_TOO_MANY: "Tài khoản đã có nhiều khóa truy cập nhất có thể. Hãy xóa bớt.",
        "The account has as many passkeys as it can. Remove one first.";
    PASSKEY_LABEL: "Tên gợi nhớ", "What to call it";
    ENTER_LABEL: "Nhập tên gợi nhớ, tối đa 60 ký tự", "Enter a name of at most 60 characters";
    ADD_PASSKEY: "Thêm khóa truy cập", "Add a passkey";
    OFFICE_CODE: "Mã nhận tại nơi kiểm tra (nếu có)", "Code from the office (if you have one)";
    WRONG_OFFICE_CODE: "Mã không đúng, đã dùng hoặc đã hết hạn", "The code is not right, was used, or has run out";
    REMOVE: "Xóa", "Remove";
    USE_PASSKEY: "Dùng khóa truy cập", "Use the passkey";
    MAKE_PASSKEY: "Tạo khóa truy cập", "Make the passkey";
    NEEDS_SCRIPT: "Bước này cần JavaScript, vì trình duyệt chỉ đưa khóa truy cập qua đó. Các bước khác thì không.",
        "This step needs JavaScript, because browsers hand out passkeys in no other way. The other steps do not.";
    PASSKEY_FAILED: "Khóa truy cập không dùng được. Hãy thử lại hoặc đăng nhập bằng cách khác.",
        "The passkey could not be used. Try again, or sign in another way.";
    TOTP: "Ứng dụng xác thực", "Authenticator app";
    TOTP_ON: "Đã bật: mỗi lần đăng nhập bằng mật khẩu cần mã của ứng dụng.", "It is on: signing in with the password needs its code.";
    TOTP_OFF: "Chưa bật.", "It is off.";
    TOTP_ADD: "Bật ứng dụng xác thực", "Set up an authenticator app";
    TOTP_LEAD: "Nhập khóa này vào ứng dụng, rồi nhập mã mà ứng dụng hiện ra.",
        "Enter this key in the app, then enter the code it shows.";
    TOTP_KEY: "Khóa cho ứng dụng", "Key for the app";
    DONE: "Đã lưu thay đổi.", "The change was saved.";

    OFFICE: "Kiểm tra danh tính tại nơi đăng ký", "Checks of identity at the office";
    OFFICE_LEAD: "Cán bộ thứ nhất đối chiếu người, thẻ căn cước và ảnh; cán bộ thứ hai đối chiếu lại và xác nhận.",
        "One official compares person, identity card and picture; another one compares them again and confirms.";
    DOCUMENT: "Giấy tờ đã đối chiếu", "Document compared";
    ENTER_DOCUMENT: "Nhập loại và số giấy tờ đã đối chiếu, tối đa 100 ký tự", "Enter kind and number of the document, at most 100 characters";
    COMPARED: "Tôi đã đối chiếu khuôn mặt, thẻ căn cước và thông tin", "I have compared face, identity card and particulars";
    MUST_COMPARE: "Hãy đối chiếu và đánh dấu xác nhận", "Compare them and tick the box";
    CHECK: "Ghi nhận đã kiểm tra", "Note the check";
    NO_SUCH_ACCOUNT: "Người này chưa có tài khoản mức độ 1. Hãy hướng dẫn đăng ký trước.", "The person has no account of level 1. Help them to register first.";
    WAITING_CHECKS: "Chờ cán bộ thứ hai", "Waiting for the second official";
    NO_CHECKS: "Không có lượt kiểm tra nào đang chờ.", "No checks are waiting.";
    CHECKED_BY: "Cán bộ thứ nhất", "First official";
    CONFIRM: "Xác nhận", "Confirm";
    NOT_YOURS: "Lượt này không còn chờ, hoặc do chính bạn kiểm tra. Phải có hai cán bộ.",
        "This check no longer waits, or you made it yourself. It takes two officials.";
    CODE_FOR_PERSON: "Mã trao cho người dân", "Code for the person";
    CODE_FOR_PERSON_LEAD: "Trao mã này cho người dân ngay tại chỗ. Mã dùng một lần, trong 24 giờ, để gắn khóa truy cập mức độ 2.",
        "Hand this code to the person here and now. It is used once, within 24 hours, to bind a passkey of level 2.";

    BY_PASSWORD: "mật khẩu", "password";
    BY_RECOVERY_KEY: "khóa khôi phục", "recovery key";
    BY_SENT_CODE: "mã được gửi", "code sent";
    BY_TOTP: "ứng dụng xác thực", "authenticator app";
    BY_PASSKEY: "khóa truy cập", "passkey";
    BY_CHOICE: "chọn trong danh sách của quốc gia thử nghiệm", "chosen from the list of the sandbox";

    DID_OPEN: "Mở tài khoản", "Account opened";
    DID_SIGN_IN: "Đăng nhập", "Signed in";
    DID_SIGN_IN_PASSKEY: "Đăng nhập bằng khóa truy cập", "Signed in with a passkey";
    DID_GUESS: "Nhập sai mật khẩu hoặc mã", "Wrong password or code";
    DID_RECOVER: "Đặt lại mật khẩu bằng khóa khôi phục", "Password reset with the recovery key";
    DID_CHANGE_PASSWORD: "Đổi mật khẩu", "Password changed";
    DID_ADD_PASSKEY: "Thêm khóa truy cập", "Passkey added";
    DID_REMOVE_PASSKEY: "Xóa khóa truy cập", "Passkey removed";
    DID_ADD_TOTP: "Bật ứng dụng xác thực", "Authenticator app set up";
    DID_REMOVE_TOTP: "Tắt ứng dụng xác thực", "Authenticator app removed";
    DID_END: "Kết thúc một phiên", "Session ended";
    DID_CHECK: "Hai cán bộ đã kiểm tra danh tính", "Identity checked by two officials";
    DID_CONSENT: "Đồng ý cung cấp thông tin cho dịch vụ", "Consent given to a service";
    DID_WITHDRAW: "Rút lại sự đồng ý", "Consent taken back";
}

web::translations! {
    OFFICIALS: "Quản lý cán bộ, công chức", "Officials";
    OFFICIALS_LEAD: "Mỗi cơ quan tự quản lý cán bộ của mình và của các cơ quan cấp dưới. Giao một vị trí cần hai người: một người đề nghị, một người khác xác nhận.",
        "Each agency administers its own officials and those of the agencies below it. Giving a post takes two: one proposes, another confirms.";
    PROPOSALS: "Đề nghị đang chờ", "Open proposals";
    NO_PROPOSALS: "Không có đề nghị nào đang chờ.", "No proposal is open.";
    PROPOSED_BY: "Người đề nghị", "Proposed by";
    REFUSE_PROPOSAL: "Không chấp nhận, hoặc rút lại", "Refuse, or take back";
    PROPOSE_POST: "Đề nghị giao một vị trí", "Propose a post";
    PROPOSE: "Gửi đề nghị", "Propose";
    POSTS_HELD: "Các vị trí đang giữ", "Posts held";
    NO_POSTS: "Không có vị trí nào.", "There are no posts.";
    HOLDERS_NAME: "Họ tên người giữ, như trong tài khoản định danh", "Name of the holder, as their account has it";
    ANY_POST: "Mọi vị trí", "Any post";
    SEARCH: "Tìm", "Search";
    AGENCY: "Mã định danh cơ quan", "Agency's code";
    POST: "Vị trí", "Post";
    UNIT: "Mã đơn vị hành chính", "Code of the administrative unit";
    DELEGATED_BY: "Giữ thay cho", "Held for";
    END_POST: "Kết thúc vị trí này", "End this post";
    LEAVE: "Người này rời cơ quan", "This person leaves the agency";
    LEAVE_HEADING: "Người này rời cơ quan?", "Does this person leave the agency?";
    LEAVE_FOLLOWS: "Mọi vị trí của người này trong cơ quan, mọi ủy quyền từ các vị trí đó, mọi phiên đăng nhập và quyền đã cấp cho dịch vụ kết thúc ngay.",
        "All posts of this person in the agency, all delegations of these, all sessions and all that services were granted end at once.";
    TWO_NEEDED: "Không ai xác nhận đề nghị của chính mình hoặc cho chính mình. Hãy nhờ một người quản trị khác.",
        "Nobody confirms what they proposed or would gain by. Ask another administrator.";
    OWN_POSTS: "Vị trí công tác của bạn", "Your posts";
    DELEGATE: "Ủy quyền một vị trí", "Delegate a post";
    DELEGATE_LEAD: "Một người khác giữ vị trí thay bạn trong các ngày này, sau khi người quản trị của cơ quan xác nhận.",
        "Somebody else holds the post for you on these days, once an administrator of the agency has confirmed it.";
    DEPUTY: "Số định danh cá nhân của người giữ thay", "Personal number of who holds it for you";
    DELEGATION_PROPOSED: "Đã gửi đề nghị ủy quyền", "The delegation was proposed";
    REGISTRAR: "Công chức tư pháp - hộ tịch", "Registrar of civil status";
    RECEPTION: "Cán bộ tiếp nhận một cửa", "One-door officer";
    EXAMINER: "Cán bộ kiểm tra danh tính", "Examiner of identities";
    OPERATOR: "Người vận hành nút liên thông", "Operator of the exchange";
    ANALYST: "Chuyên viên tổng hợp báo cáo", "Compiler of reports";
    SYSTEM_ADMINISTRATOR: "Người quản trị cán bộ hộ tịch", "Administrator of the officials of civil status";
    AGENCY_ADMINISTRATOR: "Người quản trị cán bộ của cơ quan", "Administrator of the agency's officials";
    FAULT_COLUMNS: "Số cột khác dòng đầu.", "It has another number of columns than the first line.";
    FAULT_NOT_TEXT: "Không phải văn bản UTF-8, có ký tự điều khiển hoặc ô quá dài.",
        "It is not UTF-8, holds control characters, or a field is too long.";
    FAULT_KEY: "Khóa của dòng chỉ gồm chữ không dấu, số, dấu chấm, gạch nối và gạch dưới.",
        "The key must be of letters without accents, digits, dots, hyphens and underscores.";
    FAULT_REPEATED_KEY: "Khóa đã có ở một dòng trước.", "The key stands in an earlier line.";
    FAULT_OTHER_CONTENT: "Khóa này đã được dùng với nội dung khác. Hãy dùng khóa mới.",
        "The key was taken before with other content. Use a new key.";
    FAULT_NUMBER: "Số định danh cá nhân không đúng.", "It is no personal number.";
    FAULT_AGENCY: "Không có cơ quan đang hoạt động với mã này, hoặc mã dưới cấp 4, hoặc không viết theo Quyết định 20/2020/QĐ-TTg.",
        "No agency at work has this code, or it is below level 4, or not written as Decision 20/2020/QD-TTg says.";
    FAULT_POST: "Không có vị trí này trong hệ thống này.", "There is no such post in this system.";
    FAULT_NOT_YOURS: "Người gửi không quản trị vị trí này, hoặc vị trí này không được giao bằng tệp.",
        "Whoever sends this does not administer the post, or it is not given by a file.";
    FAULT_UNIT: "Thiếu hoặc thừa đơn vị hành chính, hoặc không có đơn vị này vào ngày bắt đầu.",
        "The administrative unit is missing, needless, or none on the first day.";
    FAULT_OTHER_PROVINCE: "Đơn vị hành chính không thuộc tỉnh của cơ quan.",
        "The administrative unit is not in the province of the agency.";
    FAULT_FROM: "Ngày bắt đầu phải có dạng 2026-12-01.", "The first day must be written as 2026-12-01.";
    FAULT_UNTIL: "Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay.",
        "The end must come after the first day and after today.";
    FAULT_DELEGATION: "Chỉ ủy quyền cho người khác, tối đa một năm, trong thời gian chính mình giữ vị trí; không ủy quyền lại, không ủy quyền việc quản trị.",
        "A post is delegated to somebody else, for a year at most, within the days one holds it oneself, not further, and not if it is an administrator's.";
    SIGNATURES: "Kiểm tra chữ ký số", "Verify digital signatures";
    SIGNATURES_LEAD: "Gửi văn bản PDF hoặc XML đã ký số để biết ai đã ký, khi nào, văn bản có bị thay đổi sau khi ký hay không. Văn bản không được lưu lại.",
        "Send a signed PDF or XML document to learn who signed it, when, and whether it was changed since. The document is not kept.";
    SIGNED_DOCUMENT: "Văn bản đã ký", "Signed document";
    SIGNED_DOCUMENT_HINT: "Tệp PDF hoặc XML, tối đa 10 MB. Bản in hoặc ảnh chụp không có chữ ký số.",
        "A PDF or XML file of at most 10 MB. A print or photograph carries no digital signature.";
    CHOOSE_DOCUMENT: "Chọn văn bản cần kiểm tra", "Choose the document to verify";
    VERIFY: "Kiểm tra", "Verify";
    VERIFY_ANOTHER: "Kiểm tra văn bản khác", "Verify another document";
    VERDICT_PASSED: "Chữ ký hợp lệ", "The signatures hold";
    VERDICT_INDETERMINATE: "Chưa đủ căn cứ để kết luận", "It can't be decided";
    VERDICT_FAILED: "Chữ ký không hợp lệ", "A signature does not hold";
    SIGNATURE_NUMBER: "Chữ ký {0}", "Signature {0}";
    SIGNATURE_VERDICT: "Kết luận", "Result";
    SIGNED_BY: "Người ký", "Signed by";
    SIGNED_FOR: "Cơ quan, tổ chức", "For";
    CERTIFIED_BY: "Chứng thư số do", "Certified by";
    SIGNED_AT: "Thời điểm ký", "Signed at";
    STAMPED_BY: "{0}, theo dấu thời gian của {1}", "{0}, by the time stamp of {1}";
    CLAIMED_TIME: "{0}, theo lời người ký", "{0}, as the signer says";
    SIGNATURE_LEVEL: "Mức", "Level";
    SIGNED_REASON: "Lý do ký", "Reason";
    NOT_KNOWN: "Không rõ", "Not known";
    FOUND: "Những gì đã kiểm tra", "What was found";
    CHECKING_BUSY: "Đang có quá nhiều văn bản chờ kiểm tra. Hãy thử lại sau ít phút.",
        "Too many documents are waiting. Try again in a few minutes.";

    ROSTER: "Giao vị trí bằng tệp", "Give posts by a file";
    ROSTER_LEAD: "Tệp được đọc và kiểm tra trước. Các dòng đúng có hiệu lực sau khi một người quản trị khác xác nhận; dòng sai không ảnh hưởng dòng khác.",
        "The file is read and checked first. Good lines take effect once another administrator has confirmed them; a wrong line does not touch the others.";
    ROSTER_FILE: "Tệp CSV", "CSV file";
    ROSTER_HINT: "Dòng đầu: key,number,agency,system,post,unit,from,until. Mã hóa UTF-8, tối đa 10 MB và 50.000 dòng.",
        "First line: key,number,agency,system,post,unit,from,until. UTF-8, at most 10 MB and 50,000 lines.";
    READ_FILE: "Đọc tệp", "Read the file";
    CHOOSE_FILE: "Chọn một tệp", "Choose a file";
    ROSTER_HEAD: "Dòng đầu phải là: key,number,agency,system,post,unit,from,until",
        "The first line must be: key,number,agency,system,post,unit,from,until";
    ROSTER_TOO_LONG: "Tệp có quá 50.000 dòng. Hãy chia thành nhiều tệp.",
        "The file has more than 50,000 lines. Send several files.";
    ROSTER_EMPTY: "Tệp không có dòng nào ngoài dòng đầu.", "The file has no line beside the first.";
    ROSTER_STATE: "Tình trạng", "State";
    ROSTER_WAITS: "Chờ một người quản trị khác xác nhận, trong 7 ngày",
        "Waits for another administrator, for 7 days";
    ROSTER_RUNS: "Đang có hiệu lực từng dòng", "Takes effect line by line";
    ROSTER_DONE: "Đã có hiệu lực", "Has taken effect";
    ROSTER_NEW: "Số dòng mới, đúng", "New lines that are right";
    ROSTER_KNOWN: "Số dòng đã có hiệu lực từ trước", "Lines that took effect before";
    ROSTER_FAULTY: "Số dòng sai", "Lines that are wrong";
    ROSTER_LINE: "Dòng", "Line";
    ROSTER_FAULT: "Sai ở đâu", "What is wrong";
    ROSTER_REPORT: "Tải báo cáo tất cả các dòng sai (CSV)", "All lines that are wrong (CSV)";
    CONFIRM_ROSTER: "Xác nhận các dòng đúng", "Confirm the lines that are right";
    DID_CHANGE_CONTACT: "Đổi số điện thoại hoặc thư điện tử", "Phone number or e-mail address changed";
    CHANGE_CONTACT: "Đổi số điện thoại hoặc thư điện tử", "Change the phone number or e-mail address";
    CHANGE_CONTACT_LEAD: "Mã xác thực và thông báo sẽ được gửi đến địa chỉ mới. Địa chỉ dưới đây được báo về việc thay đổi.",
        "Codes and notices will go to the new one. The one below is told of the change.";
    NEW_CONTACT: "Số điện thoại hoặc thư điện tử mới", "New phone number or e-mail address";
    ENTER_NEW_CONTACT: "Nhập số điện thoại Việt Nam hoặc địa chỉ thư điện tử, khác với hiện tại",
        "Enter a Vietnamese phone number or an e-mail address, another than the present one";
    CODE_FROM_APP: "Mã trong ứng dụng xác thực", "Code of your authenticator app";
    CODE_FROM_OLD: "Mã gửi đến địa chỉ hiện tại", "Code sent to the present phone or mailbox";
    CODE_FROM_NEW: "Mã gửi đến địa chỉ mới", "Code sent to the new phone or mailbox";
    CONTACT_CHANGED_MESSAGE: "Lien he cua tai khoan dinh danh vua duoc doi / The contact of your identification account was changed.",
        "Lien he cua tai khoan dinh danh vua duoc doi / The contact of your identification account was changed.";
    DID_GET_POST: "Được giao một vị trí", "Post given";
    DID_LOSE_POST: "Kết thúc một vị trí", "Post ended";
    DID_LEAVE: "Rời cơ quan", "Left an agency";
}

/// The name of a post.
pub(crate) fn post(kind: &PostKind) -> Text {
    match (kind.system, kind.post) {
        ("civil-status", "registrar") => REGISTRAR,
        ("one-door", _) => RECEPTION,
        ("identity", "examiner") => EXAMINER,
        ("exchange", _) => OPERATOR,
        ("reporting", _) => ANALYST,
        ("civil-status", ADMINISTRATOR) => SYSTEM_ADMINISTRATOR,
        _ => AGENCY_ADMINISTRATOR,
    }
}

/// What is wrong with a post.
pub(crate) fn post_fault(fault: PostFault) -> Text {
    match fault {
        PostFault::Columns => FAULT_COLUMNS,
        PostFault::NotText => FAULT_NOT_TEXT,
        PostFault::Key => FAULT_KEY,
        PostFault::RepeatedKey => FAULT_REPEATED_KEY,
        PostFault::OtherContent => FAULT_OTHER_CONTENT,
        PostFault::Number => FAULT_NUMBER,
        PostFault::Agency => FAULT_AGENCY,
        PostFault::Post => FAULT_POST,
        PostFault::NotYours => FAULT_NOT_YOURS,
        PostFault::Unit => FAULT_UNIT,
        PostFault::OtherProvince => FAULT_OTHER_PROVINCE,
        PostFault::From => FAULT_FROM,
        PostFault::Until => FAULT_UNTIL,
        PostFault::Delegation => FAULT_DELEGATION,
    }
}

/// The message with a code. It is read on any phone, so it is written without diacritics.
pub(crate) fn code_message(code: &str) -> String {
    CODE_MESSAGE.fill(Language::Vi, &[&code, &(STEP_LIMIT_SECONDS / 60)])
}

/// The message after a recovery.
pub(crate) fn recovered_message() -> String {
    RECOVERED_MESSAGE.get(Language::Vi).to_owned()
}

/// The message to a contact that was replaced.
pub(crate) fn contact_changed_message() -> String {
    CONTACT_CHANGED_MESSAGE.get(Language::Vi).to_owned()
}

/// The message to an owner whose particulars somebody else tried.
pub(crate) fn tried_message() -> String {
    TRIED_MESSAGE.get(Language::Vi).to_owned()
}

/// The name of a level.
pub(crate) fn level(level: Level) -> Text {
    match level {
        Level::One => LEVEL_1,
        Level::Two => LEVEL_2,
    }
}

/// The name of a method.
pub(crate) fn method(method: Method) -> Text {
    match method {
        Method::Password => BY_PASSWORD,
        Method::RecoveryKey => BY_RECOVERY_KEY,
        Method::SentCode => BY_SENT_CODE,
        Method::Totp => BY_TOTP,
        Method::Passkey => BY_PASSKEY,
        Method::Chosen => BY_CHOICE,
    }
}

/// What happened.
pub(crate) fn act(act: Act) -> Text {
    match act {
        Act::Opened => DID_OPEN,
        Act::SignedIn => DID_SIGN_IN,
        Act::SignedInWithPasskey => DID_SIGN_IN_PASSKEY,
        Act::WrongGuess => DID_GUESS,
        Act::Recovered => DID_RECOVER,
        Act::PasswordChanged => DID_CHANGE_PASSWORD,
        Act::PasskeyAdded => DID_ADD_PASSKEY,
        Act::PasskeyRemoved => DID_REMOVE_PASSKEY,
        Act::TotpAdded => DID_ADD_TOTP,
        Act::TotpRemoved => DID_REMOVE_TOTP,
        Act::SessionEnded => DID_END,
        Act::BrowsersForgotten => DID_FORGET,
        Act::CheckedAtOffice => DID_CHECK,
        Act::Consented => DID_CONSENT,
        Act::ConsentWithdrawn => DID_WITHDRAW,
        Act::PostGiven => DID_GET_POST,
        Act::PostEnded => DID_LOSE_POST,
        Act::LeftAgency => DID_LEAVE,
        Act::ContactChanged => DID_CHANGE_CONTACT,
        Act::SubmissionSigned => DID_SIGN_SUBMISSION,
    }
}

/// The name of a field.
pub(crate) fn field(field: ClaimField) -> Text {
    match field {
        ClaimField::Name => FIELD_NAME,
        ClaimField::Birthdate => FIELD_BIRTHDATE,
        ClaimField::Gender => FIELD_GENDER,
        ClaimField::PersonalNumber => FIELD_NUMBER,
        ClaimField::PhoneNumber => FIELD_PHONE,
        ClaimField::Email => FIELD_EMAIL,
        ClaimField::Represents => FIELD_REPRESENTS,
        ClaimField::Posts => FIELD_POSTS,
    }
}

/// For whom somebody acts.
pub(crate) fn mandate(kind: MandateKind) -> Text {
    match kind {
        MandateKind::Child => FOR_CHILD,
        MandateKind::Represented => FOR_REPRESENTED,
        MandateKind::Organisation => FOR_ORGANISATION,
    }
}

/// What is wrong with a password.
pub(crate) fn password_fault(fault: PasswordFault) -> Message {
    match fault {
        PasswordFault::TooShort => TOO_SHORT.with(&[&PASSWORD_MINIMUM_CHARACTERS]),
        PasswordFault::TooLong => PASSWORD_TOO_LONG.with(&[&PASSWORD_LIMIT_BYTES]),
        PasswordFault::Broken => BROKEN.into(),
        PasswordFault::Guessable => GUESSABLE.into(),
    }
}
