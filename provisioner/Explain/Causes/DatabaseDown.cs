using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Everything that the cloud knows is in its database.</summary>
internal sealed class DatabaseDown : ICause
{
    public CauseKind Kind => CauseKind.DatabaseDown;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.DatabaseRefused,
            CauseKind.ConnectionsExhausted,
            CauseKind.SchemaBehind,
            CauseKind.IdentityDown,
            CauseKind.AccountRefused,
            CauseKind.EndpointUnreachable,
            CauseKind.UnitDown,
            CauseKind.MetadataUnreachable,
            CauseKind.CellWrong,
            .. Consequences.OfCloud,
        ];

    private const string Unit = "mariadb.service";

    public Finding? Find(Situation situation)
    {
        var dead = situation.Cloud.Databases?.Where(d => d.IsDead).ToList() ?? [];
        var unit = situation.Units.GetValueOrDefault(Unit) is { IsDown: true } down ? down : null;
        if (dead.Count == 0 && (unit is null || situation.Cloud.Databases is null))
            return null;
        return new Finding(
            Kind,
            unit?.Name ?? dead[0].Words,
            Certainty.Sure,
            "the database server does not answer: every service fails that has to read or write something"
        )
        {
            Evidence = Quotes.All([unit?.QuoteState(), .. dead.Take(3).Select(d => d.Quote())]),
            Heals = "It starts the server where its unit is described.",
            Remedy = $"`systemctl start {Unit}` on its host; `journalctl --unit={Unit}` shows why it ended.",
        };
    }
}

/// <summary>A password that the server and a file do not have in common, or a database that is gone.</summary>
internal sealed class DatabaseRefused : ICause
{
    public CauseKind Kind => CauseKind.DatabaseRefused;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.SchemaBehind,
            CauseKind.IdentityDown,
            CauseKind.AccountRefused,
            CauseKind.EndpointUnreachable,
            CauseKind.UnitDown,
            CauseKind.MetadataUnreachable,
            .. Consequences.OfCloud,
        ];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Databases?.Where(d => d.Result is "denied" or "absent").ToList() is not { Count: > 0 } refused)
            return null;
        var isAbsent = refused[0].Result == "absent";
        return new Finding(
            Kind,
            refused[0].Name,
            Certainty.Sure,
            isAbsent
                ? "the database server has no such database"
                : "the database server refuses the account in the file; connections that are open still work"
        )
        {
            Evidence = Quotes.All(refused.Take(4).Select(d => d.Quote())),
            Heals = "It sets a described account's password again, and creates a described database.",
            Remedy = isAbsent
                ? "Restore the database from a copy, or apply the site for an empty one."
                : "Make the account equal to the file: `cloudlet apply`, or `ALTER USER … IDENTIFIED BY …`. No restart is needed then.",
        };
    }
}

/// <summary>A server that accepts no more connections answers some requests and fails others.</summary>
internal sealed class ConnectionsExhausted : ICause
{
    public CauseKind Kind => CauseKind.ConnectionsExhausted;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.DatabaseRefused,
            CauseKind.IdentityDown,
            CauseKind.AccountRefused,
            CauseKind.EndpointUnreachable,
            CauseKind.MetadataUnreachable,
            .. Consequences.OfCloud,
        ];

    public Finding? Find(Situation situation)
    {
        var refused = situation.Cloud.Databases?.FirstOrDefault(d => d.Result == "full");
        var used = situation.Cloud.DatabaseStatus?.FirstOrDefault(s => s.Name == "Threads_connected");
        var most = situation.Cloud.DatabaseStatus?.FirstOrDefault(s => s.Name == "max_connections");
        var isFull = used?.Number is { } now && most?.Number is { } limit && now >= limit;
        if (refused is null && !isFull)
            return null;
        return new Finding(Kind, "mariadb", Certainty.Sure, "the database server has no connections left")
        {
            Evidence = Quotes.All(refused?.Quote(), isFull ? used?.Quote() : null, isFull ? most?.Quote() : null),
            Heals = "Nothing: it cannot know which connections are needless.",
            Remedy = "`SHOW PROCESSLIST` shows who holds them; then fewer workers and pools, or a larger `max_connections`.",
        };
    }
}

/// <summary>A package was upgraded and its tables were not, or the other way round.</summary>
internal sealed class SchemaBehind : ICause
{
    public CauseKind Kind => CauseKind.SchemaBehind;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.IdentityDown, CauseKind.EndpointUnreachable, CauseKind.UnitDown, CauseKind.MetadataUnreachable, .. Consequences.OfCloud];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Schemas?.Where(s => s.Result is "behind" or "empty").ToList() is not { Count: > 0 } behind)
            return null;
        return new Finding(Kind, behind[0].Name, Certainty.Sure, $"the tables of {behind[0].Name} are not those of the installed release")
        {
            Evidence = Quotes.All(behind.Take(4).Select(s => s.Quote())),
            Heals = "It creates missing tables. It never migrates: that is an operator's decision.",
            Remedy = "`cloudlet apply` migrates described schemas; keep a copy of the database.",
        };
    }
}
