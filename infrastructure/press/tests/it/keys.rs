//! A root authority and signers under it.

use press::DocumentSigner;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SignatureAlgorithm, SigningKey,
};

/// A root authority.
pub(crate) struct Root {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Root {
    pub(crate) fn new() -> Self {
        let mut parameters = named("Chứng thực số gốc mẫu");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(parameters, key(&PKCS_ECDSA_P256_SHA256));
        Self { issuer: issuer.expect("a root certificate") }
    }

    /// The root certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A person or body with a P-256 key.
    pub(crate) fn signer(&self, name: &str) -> Signer {
        self.signer_with(name, &PKCS_ECDSA_P256_SHA256)
    }

    /// A signer with a key press does not sign with.
    pub(crate) fn signer_with_p384(&self) -> Signer {
        self.signer_with("P-384", &PKCS_ECDSA_P384_SHA384)
    }

    fn signer_with(&self, name: &str, algorithm: &'static SignatureAlgorithm) -> Signer {
        let key = key(algorithm);
        let mut parameters = named(name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Signer { key, chain: vec![certificate.der().to_vec(), self.issuer.der().to_vec()] }
    }
}

/// A signer with a software key.
pub(crate) struct Signer {
    pub(crate) key: KeyPair,
    pub(crate) chain: Vec<Vec<u8>>,
}

impl DocumentSigner for Signer {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain.clone()
    }

    fn sign_p256_sha256(&self, message: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.key.sign(message)?)
    }
}

fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).expect("a key")
}

fn named(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.distinguished_name.push(DnType::CountryName, "VN");
    parameters
}
