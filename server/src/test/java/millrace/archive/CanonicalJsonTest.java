package millrace.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CanonicalJsonTest {
    private static String of(String document) {
        return new String(CanonicalJson.of(document.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    @Test
    void what_means_the_same_has_one_form() {
        assertThat(of("{ \"b\": [1e2, {}, [], \"[\", null], \"a\": {\"y\": 1.50, \"x\": true} }"))
                .isEqualTo(of("{\"a\":{\"x\":true,\"y\":1.50},\"b\":[100,{},[],\"[\",null]}"))
                .isEqualTo("{\"a\":{\"x\":true,\"y\":1.50},\"b\":[100,{},[],\"[\",null]}");
    }

    @Test
    void what_is_no_json_stands_for_itself() {
        assertThat(of("no json")).isEqualTo("no json");
    }

    @Test
    void a_document_as_deep_as_the_longest_flow_has_its_form() {
        var deep = "{\"b\":0,\"a\":".repeat(9_000) + "[]" + "}".repeat(9_000);

        assertThat(of(deep)).isEqualTo("{\"a\":".repeat(9_000) + "[]" + ",\"b\":0}".repeat(9_000));
    }

    @Test
    void a_name_may_be_long() {
        var name = "n".repeat(60_000);

        assertThat(of("{\"z\":1, \"" + name + "\":2}")).isEqualTo("{\"" + name + "\":2,\"z\":1}");
    }
}
