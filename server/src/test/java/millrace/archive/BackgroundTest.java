package millrace.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void only_its_own_thread_steps_back() {
        var before = nice();

        assertThat(Background.call("test", BackgroundTest::nice)).isEqualTo(5);

        assertThat(nice()).isEqualTo(before);
    }

    @Test
    void what_the_work_throws_is_thrown() {
        assertThatThrownBy(() -> Background.call("test", () -> {
                    throw new ArchiveRefusal("broken");
                }))
                .isInstanceOf(ArchiveRefusal.class)
                .hasMessage("broken");
    }

    /** The 19th field of the thread's line in proc(5). */
    private static int nice() {
        try {
            var line = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(line.substring(line.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
