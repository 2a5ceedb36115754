package millrace.database;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test once on SQLite, PostgreSQL 14 and the newest PostgreSQL; outside this room on PostgreSQL 14 only in the
 * nightly target. Parameters: {@link Database} (schema applied,
 * shared by the tests of the class, so each makes its own project), {@link DatabaseKind}, {@link TestDatabases}.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(DatabaseExtension.class)
public @interface OnBothDatabases {}
