/**
 * The street: the web server, declared routes, authentication, bodies, limits, errors, paging and the OpenAPI document.
 * It knows no room; each room hands in its {@link millrace.http.Room}, and everything about a route is read from its
 * declaration.
 */
@NullMarked
package millrace.http;

import org.jspecify.annotations.NullMarked;
