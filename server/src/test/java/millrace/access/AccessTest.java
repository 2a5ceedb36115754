package millrace.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AccessTest {
    private final Access access = new Access(new OneViewer());

    /** The user "ada" is Viewer of the project "mine"; nobody is anything else. */
    private static final class OneViewer implements Memberships {
        @Override
        public @Nullable Membership find(Principal principal, String projectId) {
            return principal.id().equals("ada") && projectId.equals("mine")
                    ? new Membership("Viewer", BuiltInRole.VIEWER.permissions())
                    : null;
        }

        @Override
        public Scope visible(Principal principal) {
            return Scope.project("mine");
        }

        @Override
        public boolean administers(Principal principal) {
            return false;
        }
    }

    private static final Principal ADA = Principal.user("ada", "platform");

    @Test
    void a_role_allows_its_permissions_and_no_others() {
        for (var permission : Permission.values()) {
            if (BuiltInRole.VIEWER.permissions().contains(permission)) {
                assertThatCode(() -> access.require(ADA, permission, "mine")).doesNotThrowAnyException();
            } else {
                assertThatThrownBy(() -> access.require(ADA, permission, "mine"))
                        .isInstanceOf(MillraceException.class)
                        .hasMessageContaining("PERMISSION_DENIED");
            }
        }
    }

    @Test
    void a_project_named_by_the_request_is_403_and_an_entity_of_it_404() {
        assertThatThrownBy(() -> access.require(ADA, Permission.READ_FLOW, "other"))
                .hasMessageContaining("AUTHORIZATION");
        assertThatThrownBy(() -> access.require(ADA, Permission.READ_FLOW, null))
                .hasMessageContaining("Project ID is required");
        assertThatThrownBy(() -> access.requireEntity(ADA, Permission.READ_FLOW, "other", "flow", "f1"))
                .hasMessageContaining("ENTITY_NOT_FOUND");
    }

    @Test
    void an_engine_does_everything_in_its_project_and_nothing_elsewhere() {
        var engine = Principal.engine("run", "platform", "mine");

        assertThatCode(() -> access.require(engine, Permission.WRITE_TABLE, "mine"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> access.require(engine, Permission.READ_FLOW, "other"))
                .hasMessageContaining("AUTHORIZATION");
        assertThat(access.visible(engine)).isEqualTo(Scope.project("mine"));
        assertThatThrownBy(() -> access.requireAdministrator(engine)).hasMessageContaining("AUTHORIZATION");
    }

    @Test
    void nobody_has_nothing() {
        assertThatThrownBy(() -> access.require(Principal.nobody(), Permission.READ_FLOW, "mine"))
                .hasMessageContaining("AUTHORIZATION");
        assertThat(access.visible(Principal.nobody())).isEqualTo(Scope.nothing());
    }

    @Test
    void built_in_roles_are_the_references() {
        assertThat(Permission.values()).hasSize(27);
        assertThat(BuiltInRole.ADMIN.permissions()).hasSize(27);
        assertThat(BuiltInRole.EDITOR.permissions()).hasSize(22);
        assertThat(BuiltInRole.VIEWER.permissions())
                .hasSize(11)
                .doesNotContain(Permission.READ_PROJECT_RELEASE, Permission.READ_ALERT);
    }

    @Test
    void recent_answers_last_one_second_and_forgetting_ends_them() {
        var time = new AtomicLong();
        var asked = new AtomicInteger();
        var recent = new Recent<String, Integer>(time::get);

        assertThat(recent.get("a", key -> asked.incrementAndGet())).isEqualTo(1);
        time.set(999_999_999L);
        assertThat(recent.get("a", key -> asked.incrementAndGet())).isEqualTo(1);
        time.set(1_000_000_000L);
        assertThat(recent.get("a", key -> asked.incrementAndGet())).isEqualTo(2);
        recent.forget();
        assertThat(recent.get("a", key -> asked.incrementAndGet())).isEqualTo(3);
        assertThat(recent.get("none", key -> null)).isNull();
        assertThat(recent.get("none", key -> 1)).isNull();
    }

    @Test
    void scopes_are_no_wider_than_their_principal() {
        assertThat(ADA.scope()).isEqualTo(Scope.platform("platform"));
        assertThat(Principal.engine("run", "platform", "mine").scope()).isEqualTo(Scope.project("mine"));
        assertThat(Principal.nobody().scope()).isEqualTo(Scope.nothing());
    }
}
