package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SqlScriptTest {
    @Test
    void statements_end_at_semicolons_that_are_not_inside_of_something() {
        assertThat(SqlScript.statements("""
                        -- a comment; with a semicolon
                        CREATE TABLE "a;b" (x text DEFAULT 'it''s; fine'); /* one; more */
                        DO $body$ BEGIN PERFORM 1; END $body$;

                        SELECT 1
                        """)).hasSize(3).satisfies(statements -> {
            assertThat(statements.get(0)).endsWith("'it''s; fine')");
            assertThat(statements.get(1)).endsWith("END $body$");
            assertThat(statements.get(2)).isEqualTo("SELECT 1");
        });
    }

    @Test
    void comments_alone_are_no_statement() {
        assertThat(SqlScript.statements("-- nothing\n\n")).isEmpty();
    }
}
