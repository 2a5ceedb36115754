package millrace.file;

import static millrace.schema.Tables.PLATFORM;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;

import java.util.List;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.Json;

/** Rows that files need around them. */
public final class Tenants {
    private Tenants() {}

    /** A new project on a platform of its own; platform and owner have its id. */
    public static String project(Database database, Ids ids) {
        return project(database, ids.random());
    }

    /** The same with this id. */
    public static String project(Database database, String id) {
        database.transact(tx -> {
            tx.sql()
                    .insertInto(USER_IDENTITY)
                    .set(USER_IDENTITY.ID, id)
                    .set(USER_IDENTITY.EMAIL, id + "@example.com")
                    .set(USER_IDENTITY.PASSWORD, "")
                    .set(USER_IDENTITY.FIRST_NAME, "A")
                    .set(USER_IDENTITY.LAST_NAME, "B")
                    .set(USER_IDENTITY.PROVIDER, "EMAIL")
                    .execute();
            tx.sql()
                    .insertInto(USER)
                    .set(USER.ID, id)
                    .set(USER.IDENTITY_ID, id)
                    .set(USER.PLATFORM_ROLE, "ADMIN")
                    .set(USER.STATUS, "ACTIVE")
                    .execute();
            tx.sql()
                    .insertInto(PLATFORM)
                    .set(PLATFORM.ID, id)
                    .set(PLATFORM.OWNER_ID, id)
                    .set(PLATFORM.NAME, "P")
                    .set(PLATFORM.PRIMARY_COLOR, "")
                    .set(PLATFORM.LOGO_ICON_URL, "")
                    .set(PLATFORM.FULL_LOGO_URL, "")
                    .set(PLATFORM.FAV_ICON_URL, "")
                    .set(PLATFORM.EMAIL_AUTH_ENABLED, true)
                    .set(PLATFORM.ENFORCE_ALLOWED_AUTH_DOMAINS, false)
                    .set(PLATFORM.ALLOWED_AUTH_DOMAINS, List.of())
                    .set(PLATFORM.PINNED_PIECES, List.of())
                    .set(PLATFORM.FILTERED_PIECE_NAMES, List.of())
                    .set(PLATFORM.FILTERED_PIECE_BEHAVIOR, "BLOCKED")
                    .set(PLATFORM.FEDERATED_AUTH_PROVIDERS, Json.object())
                    .execute();
            tx.sql()
                    .insertInto(PROJECT)
                    .set(PROJECT.ID, id)
                    .set(PROJECT.PLATFORM_ID, id)
                    .set(PROJECT.OWNER_ID, id)
                    .set(PROJECT.DISPLAY_NAME, "P")
                    .set(PROJECT.TYPE, "PERSONAL")
                    .set(PROJECT.ICON, Json.object())
                    .execute();
        });
        return id;
    }
}
