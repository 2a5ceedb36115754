package millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;

class JournalDocumentTest {
    @Test
    void a_value_that_packs_badly_lies_in_parts_of_a_megabyte() {
        var value = random(3_000_000);

        var parts = pack(value);

        assertThat(parts).hasSizeGreaterThan(2).allMatch(part -> part.length <= JournalDocument.PART);
        assertThat(unpack(parts)).isEqualTo(value);
    }

    @Test
    void parts_of_a_longer_value_that_came_to_nothing_are_not_read() {
        var longer = pack(random(3_000_000));
        var value = random(1_500_000);

        var parts = pack(value);
        assertThat(parts).hasSizeLessThan(longer.size());
        parts.addAll(longer.subList(parts.size(), longer.size()));

        assertThat(unpack(parts)).isEqualTo(value);
    }

    @Test
    void a_small_value_is_one_part() {
        var value = Json.object().put("a", 1);

        assertThat(pack(value))
                .singleElement()
                .satisfies(part -> assertThat(part[0]).isEqualTo((byte) 2));
        assertThat(unpack(pack(value))).isEqualTo(value);
    }

    private static JsonNode random(int bytes) {
        var random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        return Json.object().put("text", Base64.getEncoder().encodeToString(random));
    }

    private static List<byte[]> pack(JsonNode value) {
        var parts = new ArrayList<byte[]>();
        JournalDocument.packBeside(value, (number, part) -> {
            assertThat(number).isEqualTo(parts.size());
            parts.add(part);
        });
        return parts;
    }

    private static JsonNode unpack(List<byte[]> parts) {
        return JournalDocument.unpackBeside(parts::get);
    }
}
