using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using NSubstitute;

namespace Cloudlet.Machine.Tests;

public sealed class HostMachineSpecs
{
    [Fact]
    public void A_namespace_offers_only_links_and_says_so()
    {
        var links = Substitute.For<IRouteNetlink>();
        var machine = new NamespaceMachine("edge", () => links);

        machine.Links.ShouldBeSameAs(links);
        machine.Name.ShouldBe("netns://edge");
        var errors = new Func<object>[]
        {
            () => machine.Files,
            () => machine.Kernel,
            () => machine.Systemd,
            () => machine.Packages,
            () => machine.Processes,
        }
            .Select(part => Should.Throw<CloudletException>(() => part()))
            .ToList();
        errors.ShouldAllBe(error => error.Kind == ErrorKind.Unsupported && error.Message.Contains("netns://edge"));
        machine.Dispose();
        links.Received(1).Dispose();
    }

    [Fact]
    public void Links_are_opened_when_first_needed()
    {
        var opened = 0;
        using (
            var machine = new HostMachine(() =>
            {
                opened++;
                return Substitute.For<IRouteNetlink>();
            })
        )
        {
            machine.Files.Stat("/").ShouldNotBeNull();
            opened.ShouldBe(0);
            _ = machine.Links;
            _ = machine.Links;
        }
        opened.ShouldBe(1);
    }
}
