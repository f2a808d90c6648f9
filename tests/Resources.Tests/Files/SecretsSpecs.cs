using System.Text;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files;

/// <summary>
/// The value of a secret is only in its own file and in the files that contain it: in no event, message, journal or record.
/// </summary>
public sealed class SecretsSpecs : IDisposable
{
    private const string Old = "0ld-s3cret";
    private const string New = "n3w-s3cret";
    private const string SecretPath = "/etc/cloudlet/secrets/rabbit";

    private readonly FakeMachine _machine = new();
    private readonly MemoryConvergeStore _store = new();
    private readonly List<string> _heard = [];
    private readonly Converger _converger;

    public SecretsSpecs()
    {
        var kind = new FilesKind(_machine.Files, new ContentVault(_machine.Files, "/var/lib/cloudlet/vault"), KindDescriptors.OwnedFiles);
        _converger = new Converger(
            new KindRegistry().Add(kind),
            _store,
            new RecordingGuard(),
            new ManualClock(),
            e => _heard.Add(ConvergeEventJson.ToLine(e))
        );
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task The_file_gets_the_value_without_its_line_break_and_a_second_run_changes_nothing()
    {
        _machine.Files[SecretPath] = Old + "\n";
        await ApplyAsync(Wanted());
        _machine.Files["/etc/nova.conf"].ShouldBe($"transport_url=rabbit://nova:{Old}@10.0.0.1\nagain={Old}\n");
        ((int)_machine.Files.Stat("/etc/nova.conf")!.Mode).ShouldBe(0x180);
        (await ApplyAsync(Wanted())).Result.ShouldBe(RunResult.Unchanged);
        NothingTellsASecret();
    }

    [Fact]
    public async Task A_new_value_is_a_change_and_a_rollback_restores_the_old_one()
    {
        _machine.Files[SecretPath] = Old;
        await ApplyAsync(Wanted());
        _machine.Files[SecretPath] = New;
        (await ApplyAsync(Wanted())).Result.ShouldBe(RunResult.Changed);
        _machine.Files["/etc/nova.conf"].ShouldContain(New);
        await _converger.RollBackAsync(null, default);
        _machine.Files["/etc/nova.conf"].ShouldContain(Old);
        NothingTellsASecret();
    }

    [Fact]
    public async Task A_description_without_the_secret_does_not_reveal_the_old_value()
    {
        _machine.Files[SecretPath] = Old;
        await ApplyAsync(Wanted());
        await ApplyAsync(Wanted() with { Content = "plain\n", Secrets = null });
        _machine.Files["/etc/nova.conf"].ShouldBe("plain\n");
        _heard.ShouldContain(line => line.Contains("other content ("));
        await ApplyAsync();
        await _converger.RollBackAsync(null, default);
        NothingTellsASecret();
    }

    [Fact]
    public async Task Foreign_edits_of_such_a_file_are_not_shown()
    {
        _machine.Files[SecretPath] = Old;
        await ApplyAsync(Wanted() with { Mode = "0644" });
        _machine.Files["/etc/nova.conf"] = $"mine={Old}\n";
        await ApplyAsync(Wanted() with { Mode = "0644" });
        NothingTellsASecret();
    }

    [Fact]
    public async Task A_missing_secret_is_named_with_advice()
    {
        (await ApplyAsync(Wanted())).Result.ShouldBe(RunResult.Failed);
        var line = _heard.Single(l => l.Contains("change-failed"));
        line.ShouldContain("rabbit");
        line.ShouldContain($"install -m 0600 /dev/stdin {SecretPath}");
        _machine.Files.Stat("/etc/nova.conf").ShouldBeNull();
    }

    [Fact]
    public async Task A_name_without_a_file_is_named()
    {
        _machine.Files[SecretPath] = Old;
        (await ApplyAsync(Wanted() with { Content = "x=${secret:other}" })).Result.ShouldBe(RunResult.Failed);
        _heard.ShouldContain(l => l.Contains("change-failed") && l.Contains("other"));
    }

    [Fact]
    public async Task Without_secrets_the_placeholders_are_plain_text()
    {
        await ApplyAsync(Wanted() with { Content = "x=${secret:rabbit}", Secrets = null });
        _machine.Files["/etc/nova.conf"].ShouldBe("x=${secret:rabbit}");
    }

    private static FileSpec Wanted() =>
        new()
        {
            Id = "file:/etc/nova.conf",
            Path = "/etc/nova.conf",
            Kind = FileKind.File,
            Content = "transport_url=rabbit://nova:${secret:rabbit}@10.0.0.1\nagain=${secret:rabbit}\n",
            Secrets = new Dictionary<string, string> { ["rabbit"] = SecretPath },
        };

    private Task<Finished> ApplyAsync(params FileSpec[] files) =>
        _converger.ApplyAsync(HostState.Create("edge-1", files), new ApplyOptions(), default);

    private void NothingTellsASecret()
    {
        foreach (var text in _heard.Concat(_store.History).Concat(_machine.Writes))
            (text.Contains(Old) || text.Contains(New)).ShouldBeFalse(text);
        foreach (var (path, content) in _machine.Files.Contents.Where(f => f.Path is not ("/etc/nova.conf" or SecretPath)))
            Encoding.Latin1.GetString(content).ShouldNotContain("s3cret", customMessage: path);
    }
}
