using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.NovaCells;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.NovaCells;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.NovaCells;

public sealed partial class NovaCellsKindSpecs : IDisposable
{
    private const string Template = "{scheme}://{username}:{password}@{hostname}/nova?{query}";

    private readonly FakeMachine _machine = new();
    private readonly List<Dictionary<string, object>> _rows = [];
    private readonly List<string> _changes = [];
    private readonly NovaCellsKind _kind;

    public NovaCellsKindSpecs()
    {
        _machine.Files["/usr/sbin/mariadbd"] = "";
        _machine.Processes.Readers["mariadb"] = (_, input) => Run(input);
        _kind = new NovaCellsKind(new SqlClient(_machine.Processes, _machine.Files));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Cells_are_made_with_the_ids_that_Nova_expects()
    {
        var (zero, one) = (Cell("cell0"), Cell("cell1"));
        (await _kind.ObserveManyAsync([zero, one], default)).ShouldBe([null, null]);

        await _kind.ApplyAsync(zero, null, ChangeAction.Create, default);
        await _kind.ApplyAsync(one, null, ChangeAction.Create, default);

        (await _kind.ObserveManyAsync([zero, one], default)).ShouldBe([zero, one]);
        _rows[0]["uuid"].ShouldBe(Guid.Empty.ToString());
        Guid.Parse((string)_rows[1]["uuid"]).ShouldNotBe(Guid.Empty);
    }

    [Fact]
    public async Task A_changed_cell_is_set_again_and_keeps_its_id()
    {
        Have("cell1", Guid.NewGuid(), Template, "rabbit://nova:{password}@elsewhere/", isDisabled: true);
        var desired = Cell("cell1");
        var observed = (await _kind.ObserveManyAsync([desired], default))[0]!;

        await _kind.ApplyAsync(desired, observed, ChangeAction.Update, default);

        _changes.ShouldHaveSingleItem().ShouldStartWith("UPDATE `nova_api`.cell_mappings");
        (await _kind.ObserveManyAsync([desired], default)).ShouldBe([desired]);
    }

    [Fact]
    public async Task A_password_in_the_table_is_not_shown()
    {
        Have("cell1", Guid.NewGuid(), "mysql+pymysql://nova:Xq7-secret@db/nova", "rabbit://nova:Xq7:secret@broker:5672//");

        var observed = (await _kind.ObserveManyAsync([Cell("cell1")], default))[0]!;

        observed.ToString().ShouldNotContain("Xq7");
        observed.Connection.ShouldBe("mysql+pymysql://nova:***@db/nova");
        observed.Transport.ShouldBe("rabbit://nova:***@broker:5672//");
    }

    [Fact]
    public async Task Cell0_is_known_by_its_id_whatever_its_name_is()
    {
        Have("zero", Guid.Empty, Template, "none:///");

        (await _kind.ObserveManyAsync([Cell("cell0")], default))[0].ShouldNotBeNull();
    }

    [Fact]
    public async Task Two_cells_of_one_name_are_reported_with_their_ids()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        Have("cell1", first, Template, Template);
        Have("cell1", second, Template, Template);

        var error = await Should.ThrowAsync<CloudletException>(async () => await _kind.ObserveManyAsync([Cell("cell1")], default));

        error.Kind.ShouldBe(ErrorKind.AlreadyExists);
        error.Message.ShouldContain(first.ToString());
        error.Message.ShouldContain(second.ToString());
    }

    [Fact]
    public async Task A_server_that_is_not_installed_has_no_cells()
    {
        using var bare = new FakeMachine();

        (await new NovaCellsKind(new SqlClient(bare.Processes, bare.Files)).ObserveManyAsync([Cell("cell1")], default)).ShouldBe([null]);
    }

    [Fact]
    public void Cells_come_after_the_tables_of_the_API_and_before_their_own()
    {
        var state = DatabaseHost.State(
            "databases: {nova: , nova_cell0: , nova_api: }, schemas: {nova: , nova-api: }, novaCells: {cell0: , cell1: }"
        );

        state.Resources.OfType<NovaCellSpec>().ShouldAllBe(c => c.After.Contains("schema:nova-api"));
        var nova = state.Resources.OfType<SchemaSpec>().Single(s => s.Name == "nova");
        nova.After.ShouldContain("nova-cell:cell0");
        nova.After.ShouldContain("nova-cell:cell1");
    }

    [Theory]
    [InlineData("novaCells: {cell1: {database: nowhere}}", "the database \"nowhere\" is not declared")]
    [InlineData("novaCells: {cell0: {disabled: true}}", "cell0 cannot be disabled")]
    [InlineData("novaCells: {\"a b\": }", "not a valid name of a cell")]
    public void What_cannot_be_is_refused(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    private static NovaCellSpec Cell(string name) =>
        new()
        {
            Id = NovaCellSpec.IdOf(name),
            Name = name,
            ApiDatabase = "nova_api",
            Connection = Template,
            Transport = name == "cell0" ? "none:///" : "{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}",
            Disabled = false,
        };

    private void Have(string name, Guid id, string connection, string transport, bool isDisabled = false) =>
        _rows.Add(
            new Dictionary<string, object>
            {
                ["uuid"] = id.ToString(),
                ["name"] = name,
                ["transport"] = transport,
                ["connection"] = connection,
                ["disabled"] = isDisabled ? 1 : 0,
            }
        );

    /// <summary>A table in memory that knows the three statements of the kind.</summary>
    private ProcessResult Run(string input)
    {
        if (input.Contains("EXECUTE IMMEDIATE", StringComparison.Ordinal))
            return new ProcessResult(0, string.Concat(_rows.Select(r => JsonSerializer.Serialize(r) + "\n")), "");
        _changes.Add(input);
        string[] values = [.. Literal().Matches(input).Select(m => Encoding.UTF8.GetString(Convert.FromHexString(m.Groups["hex"].Value)))];
        if (input.StartsWith("INSERT", StringComparison.Ordinal))
            Have(values[1], Guid.Parse(values[0]), values[3], values[2], input.Contains(", 1)", StringComparison.Ordinal));
        else
            foreach (var row in _rows.Where(r => values[2] == (string)r["name"] || values[2] == (string)r["uuid"]))
                (row["transport"], row["connection"], row["disabled"]) = (values[0], values[1], 0);
        return new ProcessResult(0, "", "");
    }

    [GeneratedRegex("X'(?<hex>[0-9A-F]*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Literal();
}
