//! libpq's `sslmode` on rustls.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::TargetError;

/// Whether the server's certificate is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verification {
    /// `prefer` and `require`: encrypted, but whoever answers is believed, as libpq does.
    Off,
    /// `verify-ca` and `verify-full`: chain and name, against this file or the system's roots.
    On { roots: Option<PathBuf> },
}

/// Takes out of a URL what tokio-postgres does not know: `sslrootcert`, and `sslmode=verify-…`.
pub(super) fn take_verification(address: &str) -> Result<(String, Verification), TargetError> {
    let Some((head, query)) = address.split_once('?') else {
        return Ok((address.to_owned(), Verification::Off));
    };
    let mut verify = false;
    let mut roots = None;
    let mut kept = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", "verify-ca" | "verify-full")) => {
                verify = true;
                kept.push("sslmode=require".to_owned());
            }
            Some(("sslrootcert", path)) => roots = Some(PathBuf::from(percent_decode(path)?)),
            _ => kept.push(parameter.to_owned()),
        }
    }
    let verification =
        if verify || roots.is_some() { Verification::On { roots } } else { Verification::Off };
    Ok((format!("{head}?{}", kept.join("&")), verification))
}

fn percent_decode(text: &str) -> Result<String, TargetError> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|error| TargetError::Syntax(error.to_string()))
}

pub(super) fn connector(verification: &Verification) -> Result<MakeRustlsConnect, TargetError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TargetError::Syntax(error.to_string()))?;
    let config = match verification {
        Verification::Off => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(BelieveAnyone(provider)))
            .with_no_client_auth(),
        Verification::On { roots } => {
            builder.with_root_certificates(root_store(roots.as_ref())?).with_no_client_auth()
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

fn root_store(roots: Option<&PathBuf>) -> Result<RootCertStore, TargetError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = roots {
        let unusable = |reason: String| TargetError::Certificates { path: path.clone(), reason };
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?
        {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            store.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(unusable("it holds no certificate".to_owned()));
        }
    } else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(store)
}

/// Checks that the peer holds the key of its certificate, and nothing about who it is.
#[derive(Debug)]
struct BelieveAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for BelieveAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
