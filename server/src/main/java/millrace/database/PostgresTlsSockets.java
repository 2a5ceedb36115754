package millrace.database;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * TLS as libpq does it, for the driver, which makes one for each connection: {@code require} encrypts and trusts anybody;
 * {@code verify-ca} asks for a chain to the given CA, or to the system's, in which nothing has expired; {@code
 * verify-full} also for the host's name or address. The client's certificate and key are PEM files.
 */
public final class PostgresTlsSockets extends SSLSocketFactory {
    private static final char[] NO_PASSWORD = new char[0];
    /** Where systems keep the certificates that they trust. */
    private static final List<String> BUNDLES =
            List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem");

    private final SSLSocketFactory sockets;
    private final boolean checksName;

    /** @param settings the driver's; {@code sslfactoryarg} is libpq's sslmode */
    public PostgresTlsSockets(Properties settings) throws GeneralSecurityException, IOException {
        var mode = String.valueOf(PGProperty.SSL_FACTORY_ARG.getOrDefault(settings));
        var context = SSLContext.getInstance("TLS");
        context.init(
                keys(PGProperty.SSL_CERT.getOrDefault(settings), PGProperty.SSL_KEY.getOrDefault(settings)),
                new TrustManager[] {mode.startsWith("verify-") ? new Checked(authorities(settings)) : new Anybody()},
                null);
        this.sockets = context.getSocketFactory();
        this.checksName = mode.equals("verify-full");
    }

    private static X509ExtendedTrustManager authorities(Properties settings)
            throws GeneralSecurityException, IOException {
        var file = PGProperty.SSL_ROOT_CERT.getOrDefault(settings);
        var bundle = file == null
                ? BUNDLES.stream()
                        .filter(path -> Files.isReadable(Path.of(path)))
                        .findFirst()
                        .orElse(null)
                : file;
        KeyStore trusted = null;
        if (bundle != null) {
            trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (var certificate : certificates(bundle)) {
                trusted.setCertificateEntry("ca" + number++, certificate);
            }
        }
        var factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    private static List<? extends Certificate> certificates(String file) throws CertificateException, IOException {
        var pem = Pem.blocks(Files.readString(Path.of(file), java.nio.charset.StandardCharsets.ISO_8859_1));
        var factory = CertificateFactory.getInstance("X.509");
        var all = new java.util.ArrayList<Certificate>();
        for (var block : pem) {
            if (block.type().endsWith("CERTIFICATE")) {
                all.add(factory.generateCertificate(new ByteArrayInputStream(block.der())));
            }
        }
        if (all.isEmpty()) {
            throw new CertificateException("no PEM certificate in " + file);
        }
        return all;
    }

    private static KeyManager @Nullable [] keys(@Nullable String certificate, @Nullable String key)
            throws GeneralSecurityException, IOException {
        if (certificate == null || key == null) {
            return null;
        }
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client",
                Pem.privateKey(Path.of(key)),
                NO_PASSWORD,
                certificates(certificate).toArray(Certificate[]::new));
        var factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        var socket = (SSLSocket) sockets.createSocket(plain, host, port, autoClose);
        if (checksName) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        }
        return socket;
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return sockets.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw onlyOverPlain();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw onlyOverPlain();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw onlyOverPlain();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw onlyOverPlain();
    }

    private static UnsupportedOperationException onlyOverPlain() {
        return new UnsupportedOperationException("PostgreSQL asks for TLS on a connection that is open");
    }

    /** A chain to a trusted certificate. Java takes a trusted server certificate as it is; here it may not be expired. */
    private static final class Checked extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager trust;

        Checked(X509ExtendedTrustManager trust) {
            this.trust = trust;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            trust.checkServerTrusted(chain, type, socket);
            for (var certificate : chain) {
                certificate.checkValidity();
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("only sockets are used");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("only sockets are used");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("there are no clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("there are no clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("there are no clients");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }
    }

    /** Encrypts only. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
