using Cloudlet.Agent;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.Machine.Programs;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Hosts;

/// <summary>Which requests name the program of the cloudlet service, and which send it.</summary>
public sealed class CarriedProgramSpecs : IDisposable
{
    private static readonly SentProgramSpec Program = new()
    {
        Id = SentProgramSpec.IdOf("/usr/lib/cloudlet/cloudlet-service"),
        Path = "/usr/lib/cloudlet/cloudlet-service",
        Content = SentProgramSpec.Any,
    };
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HostVerb.Plan, false)]
    [InlineData(HostVerb.Verify, false)]
    [InlineData(HostVerb.Apply, true)]
    public void Every_request_names_its_digest_and_only_an_apply_sends_it(HostVerb verb, bool isSent)
    {
        var path = _folder.Write("cloudlet-service", "program");
        var digest = ProgramShelf.DigestOf(path);
        var carried = new CarriedProgram(() => path);
        var request = new AgentRequest(verb) { State = HostState.Create("edge-1", [Program]) };

        carried
            .Describe(request)
            .State!.Resources.ShouldHaveSingleItem()
            .ShouldBeOfType<SentProgramSpec>()
            .Content.ShouldBe(SentProgramSpec.DigestPrefix + digest);
        carried.NeededBy(request).ShouldBe(isSent ? (path, digest) : null);
    }

    [Fact]
    public void Without_one_at_hand_the_host_uses_its_own()
    {
        var request = new AgentRequest(HostVerb.Apply) { State = HostState.Create("edge-1", [Program]) };
        var carried = new CarriedProgram(static () => null);
        carried.Describe(request).ShouldBeSameAs(request);
        carried.NeededBy(request).ShouldBeNull();
    }

    /// <summary>A host without a service must not wait until a file of a hundred megabytes is read.</summary>
    [Fact]
    public void It_is_not_looked_for_when_no_host_needs_it()
    {
        var carried = new CarriedProgram(static () => throw new InvalidOperationException("looked for"));
        var file = new FileSpec
        {
            Id = FileSpec.IdOf("/etc/x"),
            Path = "/etc/x",
            Kind = FileKind.File,
        };
        var request = new AgentRequest(HostVerb.Apply) { State = HostState.Create("edge-1", [file]) };
        carried.Describe(request).ShouldBeSameAs(request);
        carried.NeededBy(request).ShouldBeNull();
        carried.NeededBy(new AgentRequest(HostVerb.Verify)).ShouldBeNull();
    }
}
