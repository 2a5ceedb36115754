package millrace.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.SQLException;
import millrace.config.DatabaseSettings.Tls;
import org.postgresql.ds.PGSimpleDataSource;

/** Hands the TLS settings to the driver. */
final class PostgresTls {
    private PostgresTls() {}

    static void set(PGSimpleDataSource source, Tls tls) throws SQLException {
        // The driver's own check of names is left out: ours knows addresses too.
        source.setSslMode(tls.mode().equals("verify-full") ? "verify-ca" : tls.mode());
        source.setSslfactory(PostgresTlsSockets.class.getName());
        source.setSslFactoryArg(tls.mode());
        if (tls.rootCertificate() != null) {
            source.setSslRootCert(file(tls.rootCertificate()));
        }
        if (tls.certificate() != null) {
            source.setSslCert(tls.certificate());
        }
        if (tls.key() != null) {
            source.setSslKey(tls.key());
        }
    }

    /** The driver reads the CA from a file; PEM text becomes one that lives as long as the process. */
    private static String file(String pathOrPem) {
        if (!pathOrPem.contains("-----BEGIN CERTIFICATE-----")) {
            return pathOrPem;
        }
        try {
            var file = Files.createTempFile("millrace-ca", ".pem");
            file.toFile().deleteOnExit();
            Files.writeString(file, pathOrPem);
            return file.toString();
        } catch (IOException e) {
            throw new UncheckedIOException("the certificate of AP_POSTGRES_SSL_CA could not be kept in a file", e);
        }
    }
}
