using Cloudlet.Errors;
using Cloudlet.Provider.Resources;
using Cloudlet.TestKit;

namespace Cloudlet.Provider.Tests;

/// <summary>Providers of one run, each in its own process, detect two resources for one machine.</summary>
public sealed class RunClaimsSpecs : IDisposable
{
    private const string Engine = "127.0.0.1:4711";
    private static readonly Describer First = new("urn:pulumi:dev::proj::cloudlet:index:Host::edge-1");
    private static readonly Describer Second = new("urn:pulumi:dev::proj::cloudlet:index:Host::edge-2");

    private readonly TempDir _folder = new();
    private readonly List<RunClaims> _open = [];

    public void Dispose()
    {
        _open.ForEach(static claims => claims.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Two_providers_of_a_run_refuse_the_second_resource_of_a_machine()
    {
        var (one, other) = (Provider(Engine), Provider(Engine));
        one.See("machine", First);
        one.See("machine", First);

        var refused = Should.Throw<CloudletException>(() => other.See("machine", Second));

        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain("edge-2 and edge-1 are the same machine");
        Should.Throw<CloudletException>(() => other.See("machine", Second));
        other.See("another machine", Second);
    }

    [Fact]
    public void A_resource_is_the_same_in_every_provider_and_under_every_name()
    {
        var (one, other) = (Provider(Engine), Provider(Engine));
        one.See("machine", First);
        other.See("machine", First);
        other.See("machine", Second with { Formerly = First.Urn });
    }

    [Fact]
    public void Machines_of_another_run_and_released_machines_are_free()
    {
        var (one, other) = (Provider(Engine), Provider(Engine));
        one.See("machine", First);
        Provider("127.0.0.1:4712").See("machine", Second);

        one.Forget(First);

        other.See("machine", Second);
    }

    [Fact]
    public void A_provider_that_ends_leaves_no_claim()
    {
        Provider(Engine).See("machine", First);
        _open[0].Dispose();
        Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Provider(Engine).See("machine", Second);
    }

    [Fact]
    public void Where_claims_cannot_be_kept_a_provider_knows_its_own_machines()
    {
        var machines = new SeenMachines(Claims("/proc/none", Engine));
        machines.See("machine", First);
        Should.Throw<CloudletException>(() => machines.See("machine", Second));
    }

    [Fact]
    public void Claims_are_private()
    {
        Provider(Engine).See("machine", First);
        File.GetUnixFileMode(Path.Combine(_folder.Path, "claims"))
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private SeenMachines Provider(string engine) => new(Claims(Path.Combine(_folder.Path, "claims"), engine));

    private RunClaims Claims(string place, string engine)
    {
        _open.Add(new RunClaims(place, engine));
        return _open[^1];
    }
}
