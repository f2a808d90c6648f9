using System.IO.Pipes;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class SpawnCallsSpecs
{
    [Fact]
    public async Task A_program_gets_the_descriptors_and_variables_that_it_is_given()
    {
        using var input = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        using var output = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        var program = new SpawnedProgram("/bin/sh", ["sh", "-c", "read -r word; echo \"$word $NAME $HOME\" >&3"], ["NAME=value"])
        {
            Descriptors =
            [
                ((int)input.ClientSafePipeHandle.DangerousGetHandle(), 0),
                ((int)output.ClientSafePipeHandle.DangerousGetHandle(), 3),
            ],
        };

        SpawnCalls.Spawn(program, out var pid).ShouldBe(0);
        input.DisposeLocalCopyOfClientHandle();
        output.DisposeLocalCopyOfClientHandle();
        input.Write("word\n"u8);
        (await new StreamReader(output).ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("word value \n");
        ProcessCalls.Wait(pid, 0).ShouldBe(pid);
    }

    [Fact]
    public void A_missing_program_is_an_errno() =>
        SpawnCalls.Spawn(new SpawnedProgram("/no/such/program", ["x"], []), out _).ShouldBe(Errno.ENOENT);
}
