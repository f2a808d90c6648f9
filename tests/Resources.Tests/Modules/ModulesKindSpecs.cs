using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.Errors;
using Cloudlet.Resources.Kinds.Modules;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Modules;

public sealed class ModulesKindSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly ModulesKind _kind;

    public ModulesKindSpecs() => _kind = new ModulesKind(_machine.Kernel);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task A_module_is_loaded_once()
    {
        (await _kind.ObserveAsync(Module("dummy"), default))!.Loaded.ShouldBe(false);
        await _kind.ApplyAsync(Module("dummy"), null, default);
        (await _kind.ObserveAsync(Module("dummy"), default))!.Loaded.ShouldBe(true);
    }

    [Fact]
    public async Task A_module_that_this_kernel_lacks_is_a_named_error() =>
        (await Should.ThrowAsync<CloudletException>(async () => await _kind.ApplyAsync(Module("nosuch"), null, default))).Kind.ShouldBe(
            ErrorKind.DriverMissing
        );

    [Fact]
    public async Task Modules_are_never_unloaded()
    {
        var error = await Should.ThrowAsync<CloudletException>(async () =>
            await _kind.ApplyAsync(Module("dummy") with { Loaded = false }, Module("dummy"), default)
        );
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        (await _kind.CaptureAsync(Module("dummy") with { Loaded = false }, default))!.Loaded.ShouldBeNull();
    }

    private static ModuleSpec Module(string name) =>
        new()
        {
            Id = ModuleSpec.IdOf(name),
            Name = name,
            Loaded = true,
        };
}
