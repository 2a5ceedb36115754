package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedHttpSenderTest {
    private final EchoServer server = new EchoServer();

    @AfterEach
    void close() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:PORT/",
                "http://127.1:PORT/",
                "http://2130706433:PORT/",
                "http://0x7f000001:PORT/",
                "http://0177.0.0.1:PORT/",
                "http://localhost:PORT/",
                "http://LOCALHOST.:PORT/",
                "http://0.0.0.0:PORT/",
                "http://[::1]:PORT/",
                "http://[::]:PORT/",
                "http://[::ffff:127.0.0.1]:PORT/",
                "http://[::ffff:7f00:1]:PORT/",
                "http://[::127.0.0.1]:PORT/",
                "http://user:pw@127.0.0.1:PORT/",
                "http://example.com@127.0.0.1:PORT/",
                "http:\\\\127.0.0.1:PORT/",
                "http://127.0.0.1\\@example.com:PORT/",
                "http://①②⑦.0.0.1:PORT/",
            })
    void no_spelling_of_loopback_is_connected_to(String url) {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of()), 1_000)) {
            var outcome = sender.send(get(url.replace("PORT", String.valueOf(server.port())), false));

            assertThat(outcome).isNotInstanceOf(HttpOutcome.Answered.class);
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void a_refused_address_is_told_from_a_lost_one() {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of()), 1_000)) {
            assertThat(sender.send(get(server.url("/"), false)))
                    .isInstanceOfSatisfying(
                            HttpOutcome.Blocked.class,
                            blocked -> assertThat(blocked.reason()).contains("127.0.0.1", "AP_SSRF_ALLOW_LIST"));
            assertThat(sender.send(get("http://localhost:" + server.port() + "/", false)))
                    .isInstanceOf(HttpOutcome.Blocked.class);
        }
    }

    @Test
    void a_redirect_to_an_address_that_is_not_allowed_is_refused() {
        // 127.0.0.2 is loopback too, so the server is reached by the one and not by the other.
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of("127.0.0.1")), 10_000)) {
            var target = "http://127.0.0.2:" + server.port() + "/secret";

            assertThat(sender.send(get(server.url("/redirect/302?" + target), true)))
                    .isInstanceOf(HttpOutcome.Blocked.class);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void a_redirect_to_another_scheme_is_refused() {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of("127.0.0.1")), 10_000)) {
            assertThat(sender.send(get(server.url("/redirect/302?file:///etc/passwd"), true)))
                    .isInstanceOf(HttpOutcome.Invalid.class);
        }
    }

    @Test
    void redirects_in_a_circle_end() {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of("127.0.0.1")), 10_000)) {
            assertThat(sender.send(get(server.url("/redirect/302?" + "/redirect/302"), true)))
                    .isNotInstanceOf(HttpOutcome.Answered.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "127.0.0.0/8, 127.1.2.3",
        "10.0.0.0/9, 10.127.0.1",
        "::ffff:10.0.0.0/104, 10.0.0.1",
        "10.0.0.1, ::ffff:10.0.0.1",
        "10.0.0.1, 64:ff9b::a00:1",
        "fd00::/8, fd12::1"
    })
    void the_allow_list_lets_addresses_and_blocks_through(String allowed, String address) {
        var guard = AddressGuard.strict(List.of(allowed));

        assertThat(guard.refusal(InetAddress.ofLiteral(address))).isNull();
        assertThat(guard.refusal(InetAddress.ofLiteral("192.168.0.1"))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "100.64.0.1",
                "100.100.100.200",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.168.1.1",
                "198.18.0.1",
                "224.0.0.1",
                "239.1.1.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:10.0.0.1",
                "::10.0.0.1",
                "fe80::1",
                "fec0::1",
                "fc00::1",
                "fd00:ec2::254",
                "ff02::1",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "2002:a00:1::1",
                "2001::1",
                "100::1",
                "2001:db8::1"
            })
    void special_addresses_are_refused(String address) {
        assertThat(AddressGuard.strict(List.of()).refusal(InetAddress.ofLiteral(address)))
                .isNotNull();
        assertThat(AddressGuard.unrestricted().refusal(InetAddress.ofLiteral(address)))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.167.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "64:ff9b::101:101",
                "2002:101:101::1",
                "::ffff:1.1.1.1"
            })
    void public_addresses_are_let_through(String address) {
        assertThat(AddressGuard.strict(List.of()).refusal(InetAddress.ofLiteral(address)))
                .isNull();
    }

    @Test
    void an_answer_over_the_cap_is_none_counted_after_decompression() {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of("127.0.0.1")), 1_000_000)) {
            assertThat(sender.send(get(server.url("/zeros"), false)))
                    .isInstanceOfSatisfying(
                            HttpOutcome.Unanswered.class,
                            nothing -> assertThat(nothing.reason()).contains("larger than 1000000"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "example.com/x", "ftp://a.test/", "http://", "http://a b.test/", "http://a.test:99999/"})
    void what_is_no_web_address_is_invalid(String url) {
        try (var sender = new GuardedHttpSender(AddressGuard.strict(List.of()), 1_000)) {
            assertThat(sender.send(get(url, false))).isInstanceOf(HttpOutcome.Invalid.class);
        }
    }

    private static HttpCall get(String url, boolean follow) {
        return new HttpCall("GET", url, List.of(), null, Duration.ofSeconds(20), follow);
    }
}
