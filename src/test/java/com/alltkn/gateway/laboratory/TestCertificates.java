package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A certificate authority of its own and a server certificate for `localhost` and 127.0.0.1, good
/// for a day, as PEM files and as contexts for Java.
///
/// @param caPem what a client trusts
/// @param certPem the server's certificate
/// @param keyPem the server's key, PKCS 8 without a password
/// @param serverContext what a server shows
/// @param clientContext trusts the authority and nobody else
public record TestCertificates(
        Path caPem, Path certPem, Path keyPem, SSLContext serverContext, SSLContext clientContext) {

    private static final X500Name AUTHORITY = new X500Name("CN=alltkn-gateway test authority");

    /// Makes everything anew and writes `ca.pem`, `cert.pem` and `key.pem` into the directory.
    public static TestCertificates create(Path directory) {
        try {
            return make(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("this JDK cannot make certificates", e);
        }
    }

    /// The same in a new temporary directory.
    public static TestCertificates create() {
        try {
            return create(Files.createTempDirectory("certificates"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestCertificates make(Path directory)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        KeyPair caKeys = keys();
        X509Certificate ca = authority(caKeys);
        KeyPair keys = keys();
        X509Certificate certificate = server(keys, caKeys);
        return new TestCertificates(
                pem(directory.resolve("ca.pem"), "CERTIFICATE", ca.getEncoded()),
                pem(directory.resolve("cert.pem"), "CERTIFICATE", certificate.getEncoded()),
                pem(directory.resolve("key.pem"), "PRIVATE KEY", keys.getPrivate().getEncoded()),
                serverContext(keys, certificate, ca),
                clientContext(ca));
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static X509Certificate authority(KeyPair keys)
            throws GeneralSecurityException, OperatorCreationException, CertIOException {
        X509v3CertificateBuilder builder =
                builder(AUTHORITY, BigInteger.ONE, keys)
                        .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                        .addExtension(
                                Extension.keyUsage,
                                true,
                                new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        return sign(builder, keys);
    }

    private static X509Certificate server(KeyPair keys, KeyPair caKeys)
            throws GeneralSecurityException, OperatorCreationException, CertIOException {
        var names =
                new GeneralNames(
                        new GeneralName[] {
                            new GeneralName(GeneralName.dNSName, "localhost"),
                            new GeneralName(GeneralName.iPAddress, "127.0.0.1")
                        });
        X509v3CertificateBuilder builder =
                builder(new X500Name("CN=localhost"), BigInteger.TWO, keys)
                        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                        .addExtension(Extension.subjectAlternativeName, false, names);
        return sign(builder, caKeys);
    }

    private static X509v3CertificateBuilder builder(
            X500Name subject, BigInteger serial, KeyPair keys) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                AUTHORITY,
                serial,
                Date.from(now.minus(Duration.ofMinutes(5))),
                Date.from(now.plus(Duration.ofDays(1))),
                subject,
                keys.getPublic());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair issuer)
            throws GeneralSecurityException, OperatorCreationException {
        ContentSigner signer =
                new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate());
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    }

    private static Path pem(Path file, String type, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
    }

    private static SSLContext serverContext(
            KeyPair keys, X509Certificate certificate, X509Certificate ca)
            throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        char[] password = new char[0];
        store.setKeyEntry(
                "server", keys.getPrivate(), password, new Certificate[] {certificate, ca});
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private static SSLContext clientContext(X509Certificate ca)
            throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setCertificateEntry("ca", ca);
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
