package millrace.database;

import java.io.IOException;
import java.nio.file.Path;
import millrace.config.Settings;

/**
 * The main class of a process that applies all change sets and, on its way, kills itself as {@code kill -9} does: before
 * a statement of one of them, or before its commit.
 */
final class KilledMigration {
    private KilledMigration() {}

    /** @param arguments the id of the change set and how many of its statements have run; none: nobody dies */
    public static void main(String[] arguments) {
        var connector = Connector.of(
                Settings.load(System.getenv(), Path.of("").toAbsolutePath()).database());
        var watch = arguments.length == 0
                ? SchemaChanger.Watch.NOBODY
                : new Death(arguments[0], Integer.parseInt(arguments[1]));
        new Migrations(connector, ChangeSet.all(connector.dialect()), Safeguard.NONE, watch)
                .apply()
                .forEach(System.out::println);
    }

    private static final class Death implements SchemaChanger.Watch {
        private final String id;
        private int left;

        Death(String id, int after) {
            this.id = id;
            this.left = after;
        }

        @Override
        public void beforeStatement(ChangeSet set, String statement) {
            if (set.id().equals(id) && left-- == 0) {
                die();
            }
        }

        @Override
        public void beforeCommit(ChangeSet set) {
            if (set.id().equals(id)) {
                die();
            }
        }

        private static void die() {
            try {
                new ProcessBuilder(
                                "kill",
                                "-9",
                                Long.toString(ProcessHandle.current().pid()))
                        .start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
