package millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvFileTest {
    private final ArrayList<String> faults = new ArrayList<>();

    @Test
    void blanks_quotes_comments_and_exports_are_read() {
        assertThat(
                        parse(
                                "\uFEFF# first\r\n\r\n A = 1 \r\nexport B=two words # why\nC=\"x # y\\n\\\"z\\\"\" # c\nD='$1\\n'\nE=\nF=a#b\n"))
                .isEqualTo(Map.of("A", "1", "B", "two words", "C", "x # y\n\"z\"", "D", "$1\\n", "E", "", "F", "a#b"));
        assertThat(faults).isEmpty();
    }

    @Test
    void quotes_may_span_lines() {
        assertThat(parse("CA=\"-----BEGIN\n  abc\n-----END\"\nNEXT=1"))
                .isEqualTo(Map.of("CA", "-----BEGIN\n  abc\n-----END", "NEXT", "1"));
    }

    @Test
    void a_broken_line_is_named_by_its_number_and_never_shown() {
        parse("A=1\nhush hush\nB=\"hush\n");

        assertThat(faults).containsExactly(".env line 2: not NAME=value", ".env line 3: the quotes of B don't close");
    }

    private Map<String, String> parse(String text) {
        return EnvFile.parse(text, ".env", faults);
    }
}
