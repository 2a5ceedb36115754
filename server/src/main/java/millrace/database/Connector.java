package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import millrace.config.DatabaseSettings;

/** Opens single connections. They are in autocommit mode, and the caller closes them. */
sealed interface Connector permits PostgresConnector, SqliteConnector {
    static Connector of(DatabaseSettings settings) {
        return switch (settings) {
            case DatabaseSettings.Postgres postgres -> new PostgresConnector(postgres);
            case DatabaseSettings.Sqlite sqlite -> new SqliteConnector(sqlite.file());
        };
    }

    /** For people: host:port/database or the file. */
    String place();

    Dialect dialect();

    Connection open(String purpose) throws SQLException;
}
