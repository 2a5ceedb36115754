package millrace.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import millrace.config.Secret;
import org.junit.jupiter.api.Test;

/** How deep and how often runs start runs, and who may say that he is one. */
class CallBoundsTest {
    private final AtomicLong nanos = new AtomicLong();
    private final CallBounds bounds = new CallBounds(3, 2, nanos::get);

    @Test
    void a_chain_of_calls_ends_at_the_depth() {
        assertThat(bounds.refusal(Collections.nCopies(3, "other"), "flow")).isNull();
        assertThat(bounds.refusal(Collections.nCopies(4, "other"), "flow")).contains("AP_MAX_FLOW_CALL_DEPTH");
    }

    @Test
    void a_flow_starts_itself_only_so_often_in_a_minute_and_others_freely() {
        var own = List.of("flow", "other");

        assertThat(bounds.refusal(own, "flow")).isNull();
        assertThat(bounds.refusal(own, "flow")).isNull();
        assertThat(bounds.refusal(own, "flow")).contains("AP_MAX_SELF_STARTS_PER_MINUTE");
        assertThat(bounds.refusal(List.of("caller"), "flow")).isNull();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));
        assertThat(bounds.refusal(own, "flow")).isNull();
    }

    @Test
    void a_caller_counts_only_with_our_signature_and_in_its_project() {
        var signer = new CallSigner(new Secret("0123456789abcdef0123456789abcdef"), URI.create("http://a"), 1);
        var other = new CallSigner(new Secret("another-secret-of-32-characters-"), URI.create("http://a"), 1);
        var caller = new CallSigner.Caller("run", List.of("f", "g"));
        var signature = signer.sign("project", caller);

        assertThat(signer.verified(signature, "project")).contains(caller);
        assertThat(signer.verified(signature, "stranger")).isEmpty();
        assertThat(other.verified(signature, "project")).isEmpty();
        assertThat(signer.verified("", "project")).isEmpty();
        assertThat(signer.verified("é.é", "project")).isEmpty();
        assertThat(signer.verified(signature.substring(1), "project")).isEmpty();
    }
}
