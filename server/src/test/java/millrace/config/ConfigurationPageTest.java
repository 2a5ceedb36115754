package millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
    @Test
    void the_page_in_docs_is_the_one_that_the_declarations_give() throws IOException {
        var page = ProgramSettings.find(Map.of()).home().resolve(Path.of("docs", "configuration.md"));

        assertThat(Files.readString(page))
                .as("run ./millrace docs after changing a setting")
                .isEqualTo(ConfigurationPage.text());
    }
}
