using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests;

/// <summary>A host is identified by more than its name.</summary>
public sealed class HostIdentitySpecs
{
    [Fact]
    public void The_identity_of_a_machine_is_stable_and_does_not_reveal_its_id()
    {
        var identity = HostIdentity.OfThisMachine();

        identity.ShouldBe(HostIdentity.OfThisMachine());
        if (File.Exists("/etc/machine-id") && File.ReadAllText("/etc/machine-id").Trim() is { Length: > 0 } id)
            identity.ToString().ShouldNotContain(id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("uninitialized")]
    [InlineData("3D1219C7C4C5404AAA1F6D2A48ADFDA4")]
    public void An_invalid_machine_id_identifies_nothing(string? text) => HostIdentity.Hashed(text).ShouldBeNull();

    [Fact]
    public void Machine_ids_are_distinguished() =>
        HostIdentity.Hashed("3d1219c7c4c5404aaa1f6d2a48adfda4").ShouldNotBe(HostIdentity.Hashed("3d1219c7c4c5404aaa1f6d2a48adfda5"));

    [Fact]
    public void A_new_namespace_of_the_same_name_has_another_identity()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: makes network namespaces");
        var name = $"id-{Guid.NewGuid().ToString("N")[..8]}";
        NetworkNamespaces.Create(name);
        try
        {
            var first = HostIdentity.OfNamespace(name);
            HostIdentity.OfNamespace(name).ShouldBe(first);
            first.Now.ShouldNotBe(HostIdentity.OfThisMachine().Now);

            NetworkNamespaces.Delete(name);
            NetworkNamespaces.Create(name);

            HostIdentity.OfNamespace(name).Lasting.ShouldNotBe(first.Lasting);
        }
        finally
        {
            NetworkNamespaces.Delete(name);
        }
    }
}
