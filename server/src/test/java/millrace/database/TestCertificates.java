package millrace.database;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.jspecify.annotations.Nullable;

/** Certificates and keys for tests, as PEM files in a folder. */
final class TestCertificates {
    private static final AlgorithmIdentifier SHA256_RSA =
            new AlgorithmIdentifier(PKCSObjectIdentifiers.sha256WithRSAEncryption);

    private final Path folder;
    private int serial = 1;

    TestCertificates(Path folder) {
        this.folder = folder;
    }

    /** @param name of its files: {@code name.crt} and {@code name.key} */
    record Issued(String name, String subject, KeyPair keys, Path certificate, Path key) {}

    Issued authority(String name) throws Exception {
        return issue(name, "CN=" + name, null, Duration.ZERO, true);
    }

    /** @param names DNS names, or addresses */
    Issued selfSigned(String name, String... names) throws Exception {
        return issue(name, "CN=" + name, null, Duration.ZERO, false, names);
    }

    Issued of(Issued authority, String name, String subject, String... names) throws Exception {
        return issue(name, "CN=" + subject, authority, Duration.ZERO, false, names);
    }

    /** One whose time was over yesterday. */
    Issued expired(@Nullable Issued authority, String name, String... names) throws Exception {
        return issue(name, "CN=" + name, authority, Duration.ofDays(3), false, names);
    }

    private Issued issue(
            String name, String subject, @Nullable Issued issuer, Duration earlier, boolean authority, String... names)
            throws GeneralSecurityException, IOException {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        var keys = generator.generateKeyPair();
        var start = Instant.now().minus(Duration.ofDays(1)).minus(earlier);
        var body = new V3TBSCertificateGenerator();
        body.setSerialNumber(new ASN1Integer(BigInteger.valueOf(serial++)));
        body.setSignature(SHA256_RSA);
        body.setIssuer(new X500Name(issuer == null ? subject : issuer.subject()));
        body.setSubject(new X500Name(subject));
        body.setStartDate(new Time(Date.from(start)));
        body.setEndDate(new Time(Date.from(start.plus(Duration.ofDays(2)))));
        body.setSubjectPublicKeyInfo(
                SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
        body.setExtensions(extensions(authority, names));
        var unsigned = body.generateTBSCertificate();
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(issuer == null ? keys.getPrivate() : issuer.keys().getPrivate());
        signature.update(unsigned.getEncoded("DER"));
        var parts = new ASN1EncodableVector();
        parts.add(unsigned);
        parts.add(SHA256_RSA);
        parts.add(new DERBitString(signature.sign()));
        var certificate = write(name + ".crt", "CERTIFICATE", new DERSequence(parts).getEncoded("DER"));
        var key = write(name + ".key", "PRIVATE KEY", keys.getPrivate().getEncoded());
        return new Issued(name, subject, keys, certificate, key);
    }

    private static Extensions extensions(boolean authority, String[] names) throws IOException {
        var all = new ArrayList<Extension>(List.of(
                new Extension(Extension.basicConstraints, true, new BasicConstraints(authority).getEncoded("DER"))));
        if (names.length > 0) {
            var general = new GeneralName[names.length];
            for (int i = 0; i < names.length; i++) {
                var address = names[i].matches("[0-9.]+|.*:.*");
                general[i] = new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, names[i]);
            }
            all.add(new Extension(
                    Extension.subjectAlternativeName, false, new GeneralNames(general).getEncoded("DER")));
        }
        return new Extensions(all.toArray(Extension[]::new));
    }

    /** The key in the form that OpenSSL wrote before PKCS #8. */
    Path traditional(Issued issued) throws IOException {
        var inner = org.bouncycastle.asn1.pkcs.PrivateKeyInfo.getInstance(
                        issued.keys().getPrivate().getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded("DER");
        return write(issued.name() + ".rsa.key", "RSA PRIVATE KEY", inner);
    }

    private Path write(String file, String type, byte[] der) throws IOException {
        var text = "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
        var path = Files.writeString(folder.resolve(file), text);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return path;
    }
}
