using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Every request needs a token.</summary>
internal sealed class IdentityDown : ICause
{
    public CauseKind Kind => CauseKind.IdentityDown;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.AccountRefused,
            CauseKind.CatalogWrong,
            CauseKind.EndpointUnreachable,
            CauseKind.UnitDown,
            CauseKind.MetadataUnreachable,
            CauseKind.LoginUnusable,
            .. Consequences.OfCloud,
        ];

    private const string Unit = "keystone.service";

    public Finding? Find(Situation situation)
    {
        var unit = situation.Units.GetValueOrDefault(Unit) is { IsDown: true } down ? down : null;
        var logins = situation.Cloud.Logins ?? [];
        var isDead = logins.Count > 0 && logins.All(l => l.IsDead);
        if (!isDead && unit is not { UnitFileState: not ("disabled" or "masked") })
            return null;
        return new Finding(Kind, unit?.Name ?? "keystone", Certainty.Sure, "Keystone gives no tokens: no request to any service succeeds")
        {
            Evidence = Quotes.All([unit?.QuoteState(), .. logins.Where(l => l.IsDead).Take(3).Select(l => l.Quote())]),
            Heals = "It starts the unit where that is described.",
            Remedy = $"`systemctl status {Unit}` on the controller, and its log; then its database and `/etc/keystone/fernet-keys`.",
        };
    }
}

/// <summary>A service that cannot log in refuses its own users: 503, or 500.</summary>
internal sealed class AccountRefused : ICause
{
    public CauseKind Kind => CauseKind.AccountRefused;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.CatalogWrong,
            CauseKind.EndpointUnreachable,
            CauseKind.UnitDown,
            CauseKind.MetadataUnreachable,
            CauseKind.SwitchDenied,
            .. Consequences.OfCloud,
        ];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Logins?.Where(l => l.Result == "denied").ToList() is not { Count: > 0 } denied)
            return null;
        return new Finding(
            Kind,
            denied[0].Name,
            Certainty.Sure,
            $"Keystone refuses the account {denied[0].Name} with the password that is in the file"
        )
        {
            Evidence = Quotes.All(denied.Take(4).Select(l => l.Quote())),
            Heals = "It sets the password of a described account again.",
            Remedy =
                "Make the account equal to the file: `cloudlet apply`, or `openstack user set --password-prompt "
                + $"{denied[0].Name}`. No restart is needed then. Is it enabled, and has it a role in its project?",
        };
    }
}

/// <summary>An account that cannot log in, or may do nothing.</summary>
internal sealed class LoginUnusable : ICause
{
    public CauseKind Kind => CauseKind.LoginUnusable;

    public IReadOnlyList<CauseKind> Explains => [];

    public Finding? Find(Situation situation)
    {
        foreach (var exhibit in situation.Cloud.Accounts)
        {
            var name = exhibit.Id[ExhibitIds.Account("").Length..];
            if (JsonText.Get(CloudState.Root(exhibit), "users") is not { ValueKind: System.Text.Json.JsonValueKind.Array } users)
                continue;
            if (users.GetArrayLength() == 0)
                return Found(name, "Keystone knows no account of that name", new Evidence(exhibit.Id, "\"users\": []"), "Create it");
            if (JsonText.Truth(users[0], "enabled") == false)
                return Found(
                    name,
                    "the account is disabled",
                    new Evidence(exhibit.Id, JsonText.Quote(users[0], "name", "enabled")),
                    $"`openstack user set --enable {name}`"
                );
            if (Times.Utc(JsonText.Text(users[0], "password_expires_at")) is { } end && end < situation.Collected)
                return Found(
                    name,
                    "its password has expired",
                    new Evidence(exhibit.Id, JsonText.Quote(users[0], "name", "password_expires_at")),
                    "Set a new password"
                );
            if (
                situation.Cloud.Roles.FirstOrDefault(r => r.Id == ExhibitIds.Roles(name)) is { } roles
                && JsonText.Get(CloudState.Root(roles), "role_assignments") is { ValueKind: System.Text.Json.JsonValueKind.Array } all
                && all.GetArrayLength() == 0
            )
                return Found(
                    name,
                    "the account has no role: it may log in, and may do nothing",
                    new Evidence(roles.Id, "\"role_assignments\": []"),
                    $"`openstack role add --user {name} --project PROJECT member`",
                    new Evidence(exhibit.Id, JsonText.Quote(users[0], "name", "enabled"))
                );
        }

        return null;
    }

    private Finding Found(string name, string summary, Evidence evidence, string remedy, Evidence? more = null) =>
        new(Kind, name, Certainty.Sure, summary)
        {
            Evidence = Quotes.All(evidence, more),
            Heals = "It restores accounts that are described.",
            Remedy = $"{remedy}; or describe the account under `cloud`.",
        };
}
