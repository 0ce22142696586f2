//! What a verification found, in words for people and codes for programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::seal::Level;

/// How sure it is (ETSI EN 319 102-1, 5.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The signature holds.
    Passed,
    /// Nothing is wrong, but something could not be established.
    Indeterminate,
    /// The signature does not hold.
    Failed,
}

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// PDF, with signatures after PAdES.
    Pdf,
    /// XML, with signatures after XAdES.
    Xml,
    /// Something else.
    Unknown,
}

/// What was found in a document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The kind of document.
    pub format: Format,
    /// SHA-256 of the document, in hexadecimal.
    pub sha256: String,
    /// When it was verified.
    pub checked_at: Timestamp,
    /// The document as a whole: as good as its worst signature; indeterminate when it has none.
    pub verdict: Verdict,
    /// What is to be said of the whole document.
    pub findings: Vec<Finding>,
    /// The signatures, in the order of the document.
    pub signatures: Vec<SignatureReport>,
}

/// What was found of one signature.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignatureReport {
    /// The field's name or the signature's identifier in the document.
    pub name: String,
    /// How sure it is.
    pub verdict: Verdict,
    /// Who signed, by their certificate.
    pub signer: Option<SignerFacts>,
    /// When it was signed.
    pub signed_at: Option<SigningTime>,
    /// What the signer says it was for.
    pub reason: Option<String>,
    /// How long it can be verified.
    pub level: Level,
    /// Whether all of the document is what was signed, but for what the findings say was added since.
    pub covers_document: bool,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignerFacts {
    /// The person or agency (commonName).
    pub name: String,
    /// For whom (organizationName).
    pub organization: Option<String>,
    /// The whole subject, as RFC 4514 writes it.
    pub subject: String,
    /// Who issued the certificate, likewise.
    pub issuer: String,
    /// First moment of the certificate's validity.
    pub valid_from: Timestamp,
    /// Last moment of the certificate's validity.
    pub valid_until: Timestamp,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
}

/// When it was signed, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SigningTime {
    /// The moment.
    pub at: Timestamp,
    /// The time-stamp authority that says so; only the signer does, if none.
    pub authority: Option<String>,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// It speaks for the signature.
    Good,
    /// Worth knowing.
    Note,
    /// Something could not be established.
    Doubt,
    /// The signature does not hold.
    Fault,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Which.
    pub code: FindingCode,
    /// How much it weighs.
    pub weight: Weight,
    /// What it is about, such as a moment or a field, where that is not said by the code.
    pub about: Option<String>,
    /// In Vietnamese.
    pub vi: &'static str,
    /// In English.
    pub en: &'static str,
    /// What to do, in Vietnamese.
    pub advice_vi: &'static str,
    /// What to do, in English.
    pub advice_en: &'static str,
}

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $code:ident $weight:ident: $vi:literal, $en:literal; $advice_vi:literal, $advice_en:literal;)+) => {
        /// What can be found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingCode {
            $($(#[doc = $doc])+ $code,)+
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code,)+];

            /// The finding, without saying what it is about.
            #[must_use]
            pub fn finding(self) -> Finding {
                match self {
                    $(Self::$code => Finding {
                        code: self,
                        weight: Weight::$weight,
                        about: None,
                        vi: $vi,
                        en: $en,
                        advice_vi: $advice_vi,
                        advice_en: $advice_en,
                    },)+
                }
            }

            /// The finding about something.
            #[must_use]
            pub fn about(self, about: impl Into<String>) -> Finding {
                Finding { about: Some(about.into()), ..self.finding() }
            }
        }
    };
}

findings! {
    /// What was signed is unchanged.
    Intact Good: "Nội dung được ký không bị thay đổi.", "What was signed is unchanged.";
        "", "";
    /// The bytes that were signed have changed.
    BytesChanged Fault: "Nội dung đã bị thay đổi sau khi ký.", "The document was changed after it was signed.";
        "Không sử dụng văn bản này. Đề nghị cơ quan ban hành cung cấp lại bản gốc.",
        "Do not use it. Ask the issuing agency for the original.";
    /// The signature value is not of the certificate's key.
    SignatureWrong Fault: "Giá trị chữ ký không khớp với chứng thư số.", "The signature was not made with the key of its certificate.";
        "Không sử dụng văn bản này. Đề nghị cơ quan ban hành cung cấp lại bản gốc.",
        "Do not use it. Ask the issuing agency for the original.";
    /// The signature does not cover what it should.
    RangeWrong Fault: "Chữ ký không bao trùm phần văn bản mà nó phải bao trùm; đây là dấu hiệu giả mạo.",
        "The signature does not cover what it must cover; this is a sign of forgery.";
        "Không sử dụng văn bản này và báo cho cơ quan được nêu tên.",
        "Do not use it, and tell the agency it names.";
    /// The signature can't be read.
    SignatureUnreadable Fault: "Không đọc được chữ ký.", "The signature can't be read.";
        "Đề nghị người gửi cung cấp lại tệp gốc, không qua phần mềm chuyển đổi.",
        "Ask the sender for the original file, not one that went through a converter.";
    /// The signature uses an algorithm that is broken.
    WeakAlgorithm Fault: "Chữ ký dùng thuật toán không còn an toàn (SHA-1, MD5).", "The signature uses an algorithm that is no longer safe (SHA-1, MD5).";
        "Đề nghị người ký ký lại bằng SHA-256 trở lên.", "Ask the signer to sign again with SHA-256 or better.";
    /// The signature uses an algorithm that is not known here.
    UnknownAlgorithm Doubt: "Chữ ký dùng thuật toán mà hệ thống này không kiểm tra được.", "The signature uses an algorithm that can't be verified here.";
        "Kiểm tra bằng phần mềm khác hoặc đề nghị ký lại bằng ECDSA hoặc RSA với SHA-256.",
        "Verify it with other software, or ask for a signature by ECDSA or RSA with SHA-256.";
    /// All of the document is covered.
    CoversAll Good: "Chữ ký bao trùm toàn bộ văn bản.", "The signature covers the whole document.";
        "", "";
    /// Other signatures were added later.
    SignedLater Note: "Sau chữ ký này có chữ ký khác được thêm vào; nội dung không đổi.",
        "Another signature was added after this one; the content is the same.";
        "", "";
    /// What is needed to verify was added later.
    ValidationDataLater Note: "Sau khi ký, dữ liệu phục vụ kiểm tra lâu dài được thêm vào; nội dung không đổi.",
        "Data for long-term verification was added after signing; the content is the same.";
        "", "";
    /// Something else was changed by a later increment.
    ChangedLater Fault: "Sau khi ký, văn bản bị sửa bằng một phần cập nhật: những gì nhìn thấy có thể không phải là những gì đã được ký.",
        "The document was changed by a later update: what is seen may not be what was signed.";
        "Không sử dụng văn bản này. Đề nghị cơ quan ban hành cung cấp lại bản gốc.",
        "Do not use it. Ask the issuing agency for the original.";
    /// The chain leads to a trusted authority.
    ChainTrusted Good: "Chứng thư số do tổ chức chứng thực tin cậy cấp.", "The certificate was issued under a trusted authority.";
        "", "";
    /// The chain leads to nobody who is trusted.
    ChainUnknown Doubt: "Không xác định được tổ chức cấp chứng thư số: ai cũng có thể tự tạo chứng thư như vậy.",
        "Who issued the certificate is not known to be trusted: anybody could have made it.";
        "Hỏi người ký chứng thư số do tổ chức nào cấp và xác nhận với tổ chức đó.",
        "Ask the signer who issued the certificate, and confirm it with them.";
    /// Something is wrong in the chain.
    ChainBroken Fault: "Chuỗi chứng thư số không hợp lệ.", "The chain of certificates is not valid.";
        "Không sử dụng văn bản này cho đến khi người ký giải thích.", "Do not use it until the signer has explained.";
    /// The certificate was not valid when it was signed.
    CertificateOutside Fault: "Chứng thư số không còn hoặc chưa có hiệu lực tại thời điểm ký.", "The certificate was not valid at the time of signing.";
        "Đề nghị người ký ký lại bằng chứng thư số còn hiệu lực.", "Ask the signer to sign again with a valid certificate.";
    /// The certificate is not valid any more and nobody says that it was when it was signed.
    CertificateExpired Doubt: "Chứng thư số đã hết hiệu lực và không có dấu thời gian chứng minh văn bản được ký trước đó.",
        "The certificate has expired, and no time stamp proves that it was signed before.";
        "Đề nghị người ký ký lại kèm dấu thời gian.", "Ask the signer to sign again, with a time stamp.";
    /// The certificate is for something else.
    KeyUsage Doubt: "Chứng thư số không dành cho việc ký văn bản.", "The certificate is not for signing documents.";
        "Hỏi người ký vì sao dùng chứng thư số này.", "Ask the signer why this certificate was used.";
    /// The signature does not name its certificate.
    CertificateNotNamed Note: "Chữ ký không nêu chứng thư số trong phần được ký.", "The signature does not name its certificate in what is signed.";
        "", "";
    /// The certificate was not revoked.
    NotRevoked Good: "Chứng thư số không bị thu hồi tại thời điểm ký.", "The certificate was not revoked at the time of signing.";
        "", "";
    /// The certificate was revoked before it was signed.
    RevokedBefore Fault: "Chứng thư số đã bị thu hồi trước khi ký.", "The certificate was revoked before it was signed.";
        "Không sử dụng văn bản này; báo cho cơ quan được nêu tên.", "Do not use it, and tell the agency it names.";
    /// The certificate was revoked after it was signed, as a time stamp proves.
    RevokedLater Note: "Chứng thư số bị thu hồi sau khi ký; dấu thời gian chứng minh văn bản được ký trước đó.",
        "The certificate was revoked later; the time stamp proves that it was signed before.";
        "", "";
    /// The certificate is revoked, and nobody says that it was signed before.
    RevokedUnproven Doubt: "Chứng thư số đã bị thu hồi và không có dấu thời gian chứng minh văn bản được ký trước đó.",
        "The certificate is revoked, and no time stamp proves that it was signed before.";
        "Xác nhận với cơ quan ban hành, hoặc đề nghị ký lại.", "Confirm it with the issuing agency, or ask for a new signature.";
    /// Nobody says whether it was revoked.
    RevocationUnknown Doubt: "Không biết chứng thư số có bị thu hồi hay không.", "Whether the certificate was revoked is not known.";
        "Kiểm tra danh sách thu hồi của tổ chức cấp chứng thư số, hoặc đề nghị bản có dữ liệu kiểm tra lâu dài (B-LT).",
        "Look at the issuer's revocation list, or ask for a copy with long-term validation data (B-LT).";
    /// What is said of revocation is from before the signature.
    RevocationOutdated Doubt: "Thông tin thu hồi đã cũ hơn thời điểm ký.", "What is known of revocation is older than the signature.";
        "Kiểm tra danh sách thu hồi mới của tổ chức cấp chứng thư số.", "Look at the issuer's current revocation list.";
    /// A time-stamp authority says when.
    TimeStamped Good: "Thời điểm ký được tổ chức cấp dấu thời gian xác nhận.", "A time-stamp authority says when it was signed.";
        "", "";
    /// Only the signer says when.
    TimeClaimed Note: "Thời điểm ký chỉ do người ký tự khai; không có dấu thời gian.", "Only the signer says when it was signed; there is no time stamp.";
        "Nếu thời điểm là quan trọng, đề nghị bản có dấu thời gian.", "If the time matters, ask for a copy with a time stamp.";
    /// The time stamp does not hold.
    TimeStampWrong Doubt: "Dấu thời gian không hợp lệ hoặc do tổ chức không tin cậy cấp.", "The time stamp does not hold, or is of nobody who is trusted.";
        "Không dựa vào thời điểm ký này.", "Do not rely on this time.";
    /// A time stamp over the whole document.
    DocumentTimeStamp Good: "Văn bản có dấu thời gian lưu trữ.", "The document carries an archive time stamp.";
        "", "";
    /// The document has no signature.
    NotSigned Doubt: "Văn bản không có chữ ký số.", "The document has no digital signature.";
        "Đề nghị bản điện tử có chữ ký số; bản in hoặc bản chụp không có chữ ký số.",
        "Ask for the electronic original; a print or scan carries no digital signature.";
    /// The document can't be read.
    DocumentUnreadable Doubt: "Không đọc được văn bản.", "The document can't be read.";
        "Kiểm tra tệp là PDF hoặc XML, không đặt mật khẩu, không bị hỏng.",
        "See that the file is PDF or XML, without a password and undamaged.";
    /// The document is larger than what is taken.
    TooLarge Doubt: "Văn bản quá lớn.", "The document is too large.";
        "Kiểm tra bằng phần mềm trên máy của ông/bà.", "Verify it with software on your own computer.";
}

impl Finding {
    pub(crate) fn verdict(&self) -> Verdict {
        match self.weight {
            Weight::Good | Weight::Note => Verdict::Passed,
            Weight::Doubt => Verdict::Indeterminate,
            Weight::Fault => Verdict::Failed,
        }
    }
}

/// The worst of findings; passed if there are none.
pub(crate) fn verdict_of(findings: &[Finding]) -> Verdict {
    findings.iter().map(Finding::verdict).max().unwrap_or(Verdict::Passed)
}

impl SignatureReport {
    /// Sorts the findings and takes the verdict from them.
    pub(crate) fn settle(mut self) -> Self {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
        self.verdict = verdict_of(&self.findings);
        self
    }

    /// Whether something of this code was found.
    #[must_use]
    pub fn has(&self, code: FindingCode) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}
