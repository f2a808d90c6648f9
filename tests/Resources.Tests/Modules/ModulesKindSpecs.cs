using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.Errors;
using Cloudlet.Resources.Kinds.Modules;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Modules;

public sealed class ModulesKindSpecs : IDisposable
{
    private readonly FakeMachine machine = new();
    private readonly ModulesKind kind;

    public ModulesKindSpecs() => kind = new ModulesKind(machine.Kernel);

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task A_module_is_loaded_once()
    {
        (await kind.ObserveAsync(Module("dummy"), default))!.Loaded.ShouldBe(false);
        await kind.ApplyAsync(Module("dummy"), null, default);
        (await kind.ObserveAsync(Module("dummy"), default))!.Loaded.ShouldBe(true);
    }

    [Fact]
    public async Task A_module_that_this_kernel_lacks_is_a_named_error() =>
        (await Should.ThrowAsync<CloudletException>(async () => await kind.ApplyAsync(Module("nosuch"), null, default))).Kind.ShouldBe(
            ErrorKind.DriverMissing
        );

    [Fact]
    public async Task Modules_are_never_unloaded()
    {
        var error = await Should.ThrowAsync<CloudletException>(async () =>
            await kind.ApplyAsync(Module("dummy") with { Loaded = false }, Module("dummy"), default)
        );
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        (await kind.CaptureAsync(Module("dummy") with { Loaded = false }, default))!.Loaded.ShouldBeNull();
    }

    private static ModuleSpec Module(string name) =>
        new()
        {
            Id = ModuleSpec.IdOf(name),
            Name = name,
            Loaded = true,
        };
}
