package millrace.http;

/** A room's door to the street: it declares its routes, once, at start. */
public interface Room {
    void declare(Routes routes);
}
