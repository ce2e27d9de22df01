using System.ComponentModel;
using System.Diagnostics;
using Ingest.Compression;

namespace Ingest.Cli.Load;

/// <summary>
/// What a program prints, by way of the shell. It is ended, with all that it started, when its reader stops; what it says on
/// standard error is shown as it comes. A program that fails leaves an input that broke off: its last words may be half a line.
/// </summary>
internal sealed class ProgramInput(string command) : LoadInput
{
    private const int LargestRead = 256 * 1024;

    public override string Name => $"'{command}'";

    public override string LiveName => command;

    public override Stream Open()
    {
        var program = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        program.StandardInput.Close();
        return new Output(program);
    }

    private sealed class Output(Process program) : ReadOnlyStream
    {
        private readonly PipeInput _pipe = new(program.StandardOutput.BaseStream, LargestRead);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await _pipe.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.IsEmpty)
                return count;
            await program.WaitForExitAsync(cancellationToken);
            return program.ExitCode == 0 ? 0 : throw new IOException($"it ended with exit code {program.ExitCode}");
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("A program is read asynchronously.");

        public override async ValueTask DisposeAsync()
        {
            try
            {
                if (!program.HasExited)
                {
                    program.Kill(entireProcessTree: true);
                    await program.WaitForExitAsync(CancellationToken.None);
                }
            }
            catch (Exception refused) when (refused is AggregateException or Win32Exception or InvalidOperationException)
            {
                // Another user's, or just gone: it ends when nobody reads what it says.
            }

            await _pipe.DisposeAsync();
            program.Dispose();
            await base.DisposeAsync();
        }
    }
}
