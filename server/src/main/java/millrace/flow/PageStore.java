package millrace.flow;

import millrace.database.Seek;
import millrace.http.PageRequest;
import org.jooq.Condition;

/** Where pages of this room's lists begin. */
final class PageStore {
    private PageStore() {}

    /** The rows beyond the request's cursor. */
    static Condition beyond(Seek order, String momentKey, PageRequest page) {
        var cursor = page.cursor();
        return cursor == null
                ? order.beyond(null, null, page.backwards())
                : order.beyond(cursor.moment(momentKey), cursor.text("id"), page.backwards());
    }
}
