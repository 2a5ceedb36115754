package millrace.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** Certificates and keys as OpenSSL writes them. */
final class Pem {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \\1-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private Pem() {}

    /** @param type what stands after BEGIN */
    record Block(String type, byte[] der) {}

    static List<Block> blocks(String text) {
        var blocks = new ArrayList<Block>();
        var found = BLOCK.matcher(text);
        while (found.find()) {
            blocks.add(new Block(found.group(1), Base64.getMimeDecoder().decode(found.group(2))));
        }
        return blocks;
    }

    /** The file's private key: PKCS #8, or the older forms of RSA and EC; PEM, or DER of PKCS #8. */
    static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        var bytes = Files.readAllBytes(file);
        for (var block : blocks(new String(bytes, StandardCharsets.ISO_8859_1))) {
            switch (block.type()) {
                case "PRIVATE KEY" -> {
                    return ofPkcs8(block.der());
                }
                case "RSA PRIVATE KEY" -> {
                    var rsa = new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
                    return ofPkcs8(
                            new PrivateKeyInfo(rsa, org.bouncycastle.asn1.pkcs.RSAPrivateKey.getInstance(block.der()))
                                    .getEncoded());
                }
                case "EC PRIVATE KEY" -> {
                    var key = ECPrivateKey.getInstance(block.der());
                    var curve = new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject());
                    return ofPkcs8(new PrivateKeyInfo(curve, key).getEncoded());
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new InvalidKeySpecException(
                            "the key in " + file + " is encrypted: store it without a password");
                default -> {}
            }
        }
        return ofPkcs8(bytes);
    }

    private static PrivateKey ofPkcs8(byte[] der) throws GeneralSecurityException {
        for (var algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (InvalidKeySpecException e) {
                // The key of another algorithm.
            }
        }
        throw new InvalidKeySpecException("no private key of RSA, EC or EdDSA");
    }
}
