using System.Text;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Compression;

/// <summary>The same lines in every format, as the formats' own tools made them: two members, streams or frames each.</summary>
internal static class CompressedSamples
{
    public static readonly byte[] Content = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(0, 300).Select(i => $"{{\"id\":{i},\"name\":\"n{i * i % 97}\"}}\n")));

    /// <summary>Where a shorter file is a whole one: behind a member, a frame, a stream, and in padding.</summary>
    public static readonly Dictionary<Decompression, int[]> Ends = new()
    {
        [Decompression.Gzip] = [617, 1261, 1262, 1263, 1264, 1265],
        [Decompression.Zstd] = [467, 478],
        [Decompression.Xz] = [684, 688],
        [Decompression.Bzip2] = [497],
        [Decompression.Lz4] = [1241, 1252],
    };

    /// <summary>
    /// gzip -9 and -1, then five zeros; zstd -19 --check, a skippable frame, -1 --no-check; xz in blocks of 2 KiB with
    /// their sizes, stream padding, one block with CRC32; bzip2 -1 and -9; lz4 in linked blocks of 1 KiB with
    /// checksums, a skippable frame, one with its content's size.
    /// </summary>
    public static readonly Dictionary<Decompression, byte[]> All = new()
    {
        [Decompression.Gzip] = Convert.FromBase64String(
            "H4sIAAAAAAACA3WWO45cMQwEcx9jYgeiJP72NgbswIH3Agvf3YCDYQ3Qkzb0+FgURfbX4/fPx8f6/vj88efX4+PxuR5/v339F21Ee4p7xPsUz4"
            + "j9FC8+j6fqo25/qjHqmbOJf03cGjUmhR61JlsD2BkVZHtCGNlyZNDlHhl8UMF3kAcAA6dB2FMNA+JB2mDMuaYNRpvYG5A+QTYge0q9AXmnJBuQ"
            + "jSYA5UVsUDaCgNKRNyhrVEDGlOQAcs/dHEDWBDmAdLQpIPdU6gCyps8OIGPYD3sVCQLScJqQU+5DypEvKO/gXFCeyfuC0nAalAjNm5wru4Csob"
            + "mATDxpQCZOAzIRu6XsSwZxk7/0LRP0I3H8KnZ3WSgPWVZPeQle8sq85QXHku0QJpsntmy1OLIx48o2DpdNHyGfSKR8UFHy+UWrt5pLPuw0OQZy"
            + "y6GRR46YvHIgpcvxlSGHXaYcjVlykGbLsVtLDukyOdJrywVQR22LunK1lMtFVCHXVqXacVVyIVbr7bnkqm2Te7m3XOJ95Mbvq9xBuzISHcpzdC"
            + "p70iXPtopra6kkbJlM2ZYmtHVkQWxdWT9bLsttK97YFXmXtkobltXasdD20LK8GB/IumeNzoeuhdaHtuXF/NBuhXxvZvp5Gv2PM07Lx290QJd+"
            + "zuRosa0nkdEENeNcOeeMNqggh5yhtvXItRcjxDgtB7q9eCGU7cUMoQmP3i5GO4RlZPRDxvMuV53REQV1vUiNnugw/5Zr2uiKEJ6uCBbArnYMRl"
            + "8Eg2F0RsnzLu2LvXgj6vkmTr35b+s86Y/IRYM0ZfgHE3z91MANAAAfiwgAAAAAAAQDddY7jhUxEAXQnGW8mMC+/s9ukCAgYDYwmr0jEeDTEqQl"
            + "y+1TbVdVHfn6ev/268fr7fVe9+vzy8fr5/fXWx3txluI9xvvrh83Pifr541v4+vGa2X9vvE2iJ8bn6yf5cb3uetnvfFw/ol3dNbj3bgm3izW6+"
            + "WcUy/L4Y5CHO7xOHB7u+sX3EMaFtzOPgvuIf0L7nB/uJW0LbiL8y+4zX3wHtKz8E73x9twbbws33CXcbidv7XhhvRsuJx+o92eBu10G7SdS7jR"
            + "NrK/0YbsHLSV9Qcu2x+1944csBz+YOUPHqyuhor0IPUkQB8H/zc0BSiJSQFKIlOQkvgUqPyoFKz3v6Zg5RqkiL3XJgUt1ywF7r19KWi5xKlouf"
            + "SpaHkkqWh5VKloeYSpaHm0qXB55KlwKQqpcCkiqXApOql4KVIJXopagpcimOC9pTeBO+8rSeBSkhO4lPAELiU/gUuLSODSUhK4tKA0uLSsNLi0"
            + "uDS595Wn6TWOl5abhpcWnYaXlp6G1+3hHh5Lg7tJf4e7bg1Ih7tcD3exf4f7iMN97AP38V24j3PC1dXxkoYO16wNuGZ5wPWvOFAxCMWBikEoA6"
            + "63ZMD1Vg243sIB11s74HrLB15fxWOg4jU+BipqpAOVr3Tye90GrjVgwrVmOE9ZYyZca9KEaw2bcK15DlTWSAcqa6oDlTXYgcqavfBa4x2o7AmP"
            + "ger24yy8tBznKTvUgssglMc8dft6HKh4o5u3a391nrIfO0/Zvx2o7Peby8wglI2WeSIOVJQe5ylQj3Hq73wUp6k7CMVpisQ7Tbm3/5W9ucYe/P"
            + "wH6jxlYo7XGOnhv/5J/G8t6xeXwQ0AAAAAAAAA"),
        [Decompression.Zstd] = Convert.FromBase64String(
            "KLUv/QRoNQ4Aplw6FpAnxRy/tFav3l3Qtrt7i9wtPXdvAAI8ADUAMADsiNklwaEzi6kesfO1JZ1wlkOijrS5EqI5V4pVqcx4u5Jdi0gjQ/dYeY"
            + "CEIQ6GwkBgIHAwBERhGCgYEAKV3jFRdkNWUmbUGZGecZLhH2RHZNYSkj1UHsfk6qmYY9lUXdHY8Eq0Rbg1SkdmX0Oa5qwiAfz/4y+2OKZ44saM"
            + "4+Mi7m1RU+dKc0SIX+NKtxmrQtWxqnCK0HNh5EWZXByim7YfGfTwYsauV9ap6tSnt7P3e/Tjxjnx4eXkfB78ZJNlkkeuTFleDvne/unn+wGBAK"
            + "ghcJv333CXlCR5ESgEFXNe6QG6DYYYWNQIIzWTSA0ZUq8GSTJAUGG/nOrs9paeacodC+AukV8FgZSoMEWSkdCAglFHrDRB7aJ8lKDIiMw60vDC"
            + "XiMieUHoBcEAIFj0hopu8twGEG1IxYaYa6hbTVWiRm1pHYvW9dt+tnWoLeRsM2QbCtsrf7GF7xfNCIRXyPmPZSYptJRSwbWjYaJC0cIFY8NEhR"
            + "oQVlDRKkNSKKcQlQ5SgTBRocIU7cJAosalnc0xSCuJKo0U17QkxYzsIcm5DAVOggigKr/CqPVaKk0YAwAAAHh5eii1L/0ASBUPAOadOxaQJ8Uc"
            + "v7RWr95d0La7u7dMkJFMTwMCPgAyAC8AYnJNvmhh7E02Vy1FzZRO6RYhL6pychZTNDS1mFXm51kQ6aZGlhHRmMjtsDAMFAwIAAmD8WAoDAQGAg"
            + "dDwMPxleM84yLF6YgPX3hUeedz5AfvxVt8VUzxCK2x0LHEjc+uhObkeh+PcfMZ1ezKiIw21jyxXo3Rjcityq3lonwV8tj1nvXqRup3uol0ona6"
            + "kz0678/sv57ebH75ob79MXy5d3Z1dP///7/9V1tdNdVTc1JtK+qarE7UkYgRi0huYqQ0NNUksyCZe7siTYcUss4jnJiBHKiRUJv3PwNhR0mSdB"
            + "EsUtpSqNEB1EqVE9lRmXGjosKISg8eFQJuVLoDkIoGfyplRqq4AKiCp6aKAipV7Kip0KBPxY/Zo8quw1NJo46qX6EYUrOksIPrHiEecDijTSVg"
            + "qMzz+gawvzefb8j4U/BYA2l93ufE42WsgjT/pUZN9iravLx5P2+1VdmwK7UG7Sup5l9yrFx5+fLyFTh6qwFXMht5fyrO20AdqigFrBxVn9E8Y0"
            + "+rYbcv571Rztsx4RdTfCD3j3B/Mc/ld5EmQ8OxeoshlQGDYTEMhsHotkNM+VIZkmWzLNal8UDH5zmWdzir"),
        [Decompression.Xz] = Convert.FromBase64String(
            "/Td6WFoAAATm1rRGA8DHAoAQIQEWAAAAxetwqeAH/wE/XQA9iIkmgZNTrtfRzsUP2Mjb1AFEUv7nReAbFvEKn0EUL5AJUGgsm0Sc6CJbHK7P1c"
            + "F5zP7+ssOcyCIGqA4JvMQU4x892oin0Nt/i61vojmpfDhglVvokzw2pWhL6eBA6We4yHmHNg9BCxe6x6FRDDiYWMNqhMOb2KQal6wWOX++9a6q"
            + "hTK9tDC63wMDZR0sURP8x96Qb0HUu2tRIh9Eqyo+lMF1v6FfiQkx9QcP1BWVSIq5599CWorFq4O4WGWuzi4in/wgE7W5ZxLlrtxRvGGLKaJei8"
            + "gW9oBRG9/R//b8Ak78itJD1elXXxROvSD8iMXKYB7K6A9kJiNQNoWH3AYQhOnv037QMYUPnVCIdkSPz4BlL/XQm2iMI+4H+/XQElPwyStkEVyk"
            + "FzcLQA6uY553mRzVu8O70VWEq3+Y1UcAAACafJBvFe5CAAPAiQLACyEBFgAAAA/WR2XgBb8BAV0APYiJJoGTU8qXVadBhUbmiIJEQXurMQsi3w"
            + "FbphjPQn6g48lLoYnFTE4LYyJkzZq3slYHcLwX4ICuCAevgMzyWrWv+41HezFKjf9J8NdN88n5WUinOhFxRsP7eLQFobRX+Cibgw4t9sn0WUHK"
            + "VeBpjtzpjaePG4tTOmmRoee/tQJj5e9rxpCvZC+khSWoV+Dp4V+1C9/LYc27dUmPjC06rrUT5gocVbfnS48Ai52g8JdpMnn0FdoK6APLWOL/4E"
            + "hsLEGquZ9x+itdofXiBP/E0D78wL7DBk6/nMcju+ZM9bDyUbTJzQXXF29sCaZw7z85FLUppgS/YH/PymmucZJ/4AAAAAAAjRP8r861p7IAAt8C"
            + "gBChAsALAAA0CihFFBc7MAMAAAAABFlaAAAAAP03elhaAAABaSLeNgIAIQEWAAAAdC/lo+ANwAG0XQAYjUKKl353bYI8JKm1rR/IBjt1mGYu6q"
            + "7a3Q/euO/jqxYxzC6f1AqmJkJti7hKLS2ytb6kxiN1hT/ZXZG0OxoE66g1Ujg16kKnQallypTJPixPw4FGFXudryhmxMdwXpc/T4MM0fwLzDkj"
            + "f8bbx9TU31Ro9RIxtQ+5B3yrq3jq/FtZKzqq0gNPqwL2wl6NK9f+V2QR9K/nHQ/sfdCCfiHNzB6v0JlGSkAF5g7/gLog9F+dNTZ1tpSISMuoB7"
            + "gjweyJAIRf1GcA5FUcDLJmYxfBrzG5rdl6v1QxGD3nv65+y+LtYarCmorJReEHJ5EK0Z+6xFftRhg8+UOc59OLW5MBXS4skgyQZQfXQKtEOjtI"
            + "pbV64eUQgo7gz+fYq/5tUZSr1xGAwQ8jtvfG6L/C2ncDRl/mchvP6PB2qDhfvNpwZtIqqAliC2JGd5HO8WJIiDvoOSYV26N/myMGuEilWf1rdE"
            + "k98mIAOLi0dmnrdmKlm/Wcuc4dO874ib6N2SbbnM8bGZjpqJItw+V5BGHSoUH2qVx23WAethsch6+5HIbxl9UMfkvWJcQrWeTxDwHJs6KXxgoA"
            + "AC3rF5cAAcwDwRsAADC1XTw+MA2LAgAAAAABWVo="),
        [Decompression.Bzip2] = Convert.FromBase64String(
            "QlpoMTFBWSZTWcIaVdcABkfZgAAQEAR/8CYjAApAAp1gt1IAaqf5T0jIkeggZU//E0ZVUxMEwhtUYqeyoAAkQkxlVND1G9T0BIPgCQfECQeoEg"
            + "+AJBsBIOd463sqz2jzyGcObK8m9lHWJRc1NzQxAKqLk+AsrUkri2NFw9UpZoqGsG6wUCgVjBwaRr7ZvKu0tR1TOHljw+bOBWQYeSrxgBqda2+B"
            + "mXuFg8AKG7uK3GSVugCbXjuhgkmyyTbebGdmSYCSSTNm69y+dz2RTzDVhCQbF6AoEpLzMVfVX6ESCuKjIys1KdZOrD0CJxTtptgpxA1OzvOZfX"
            + "ZPmX1iMUQkQohIbBNpDZCYyHQlrV6moiIiGRrcVmTl8rdtfMmpSx0DhOITgcKIGODevL6OqqaHE1qrky92PMzJneOgcBwZDoHBJkkTtqygjTGt"
            + "w0XXTfLq8vmRrlpJLHAdCSQ4DoHDcZvmDqqmh6mtTfOFVvzeZpzeK7GQm0xRV3fkzM6cTrT1qazW+buoszNbxNpjTabTDUtjznO653PMvyzuKh"
            + "psGMGDBvdVMzI4nO98N3eWZnI3iYMG0xptN614OYIknyszm3rOZcZU4mMG02m0w/yASCAEg+0CQegJBKBIPQEgYAkGvQEggBIPwXckU4UJDCGl"
            + "XXBCWmg5MUFZJlNZyY3TbAACddmAABAQBH/wJiMACkACnQNiAhFU/8hplVA00AaekIZVIDIxRoyBo0yNBEUJE9PVDah6nYIh0CIdKCHagh0CIe"
            + "ARDfv3HivjwPOpeUfrPLMt6etCn24Y+BvGDeaDeI86wdrsvlZ2czjjQlLQZqBoEG80GloW8mjMjMt6etCn24Y+BvGDeaDeLU3q9BkxKRJcDHqr"
            + "qlMULq0lcx5pJmruFF61mykgVd3zkkcNWdWYuwEkkmN3mSc0rBmUbrNpyAzDYAO3u84l/A0HKxVu83cU7EKpzuahzVoc1ame2re7lb7nPLIwOv"
            + "lcBiiSCVtEkE3db1slxnRLjOvO9X1xua438cc5x6EkE9NokglbRKFokglbRJBJBOPHGiXHPglxnWfOeST7nx7fjHzYCAgRAJCTneVVoc1aHNWq"
            + "vfXzc5s3uZ6NgIIICASO8uUOe8Q5q0LKzm+9T28vYa6OG3AwBCAmtykOa4hzVoUz5F77eVs5ZsDcNoaQ3DbgaEIVIRXMrOV7d9yszY3QcNtNoa"
            + "GAIabK2kOUOe5irK5iy83rrYGgAaG4bBwNw3faQ+ocoT9Wz71as7vJ5sNkpLW2ttZZCSfioIYBEP5QQ7BEMKCHYIhAEQ9qCEBEP8XckU4UJDJj"
            + "dNsA"),
        [Decompression.Lz4] = Convert.FromBase64String(
            "BCJNGFRArnQBAADyBnsiaWQiOjAsIm5hbWUiOiJuMCJ9ChUAFjEVABUxFQAWMhUAFTQVABYzFQAVORUAFjQVACUxNhYAFjUWACUyNRYAFjYWAB"
            + "YzLAAWNxYAFjRYABY4FgAWNoMAFjkWABY4rgAXMdkAFTNuABcx2gAWMkMAGDHcABY3LgAH3gAmNzIXAAfgAAcWAAfgABcziAAH4QAXNi4AB+IA"
            + "FjkOARcx4wAXM7cAB+QAFjenARcy5AAWMVwAFzLlABY1RQAXMuUAFjlrARcy5QAWNBMBFzLlABY5zwAXMuYAFzRcAAfmABc5RQAH5gAXNbgAB+"
            + "YAFThXARcy5QAWNhMBFzPlABYynAEXM+UAFjhFABcz5QAWNYkAFzPlABYyKgEXM+UAFjhoAhcz5QAWNvwAFzPlABczoQAH5QAXMS4ACOUABm8B"
            + "GDPmAAYXABc05gAWNM8AFzTmABYzuAAXNOYAFzEuAAfmAAdbAAflAMA5MyJ9CnsiaWQiOjTU86mcRQEAABc1OAMGzgAXNOUAFjcTARc05QAXNy"
            + "4AB+UAFjcPAhc05QAHFwAXNeUAB0UAFzXlAAdzABc15QAWOHMAFzXlAAfPABc15gAG/AAXNeUABykBFzXlAAdXARc15QAHhQEXNeUAFzZcAAfl"
            + "ABY4FwAXNuUABw8CFzblAAc9Ahc25QAHawIXNuUAB5kCFzblAAfHAhc25gAH9QIXNuYAByMDFzbmAAdRAxg25gAGbwEYNuYABawDFzflAAfZAx"
            + "c35QAHBwQXN+UABzUEFzflAAdjBBc35QAHkQQXN+UAB78EFzflAAftBBc35QAWMTkDFzflAAdJBRc35QAHdwUXOOYAB6UFFzjmAAfTBRc45gAH"
            + "AQYXOOYABokAFzjlAAdbBhc45QAlNDdvARc45QAHtwYXOOUABn0DFzjkAAcRBxc45ABQNjQifQq32pwdWwEAAHd7ImlkIjo55AAWNPADFznkAB"
            + "Yz3QIXOeQAFjIlAhc55AAXMS4AB+UAB1sACOQABeMAFznjABYxFgAH4gAWMBYAB+IABywAB+EAFTQsACcxMOEABoUAJzEw4QAHswAvMTDiAAMn"
            + "MTDjAAcRAScxMOQAB0ABJzEw5gAYNo8AB+gAB54BJzEw6gAGzAEnMTDrAAf6ASgxMO0ABikCJzEx7gAHWAInMTHvAAaGAicxMe4AB7QCJzEx7g"
            + "AH4wInMTHuAAcSAycxMe4AB0EDJzEx7gAHcAMnMTHuAAefAycxMe8AB84DJzEx7wAH/QMnMTLvAAcsBCcxMu8AB1sEJzEy8AAHigQnMTLwAAe5"
            + "BCcxMvAAB+gEJzEy8AAWOGwCFzLvABY2HwMnMTLvAAdzBScxMu8AB6IFJzEy7wAH0QUnMTPvAAcABicxM+8ABy8GJzEz7wAHXgZgMTMzLCJu6h"
            + "ER0JYAAACHYW1lIjoibjOoABcz7wAWMVoDKDEz7wAG4AMoMTPwAAgYAAfwABc0IAEXM/AAFzOHAhcz8AAXMTAAFzTwAAdfABc07wAXOS0DFzTv"
            + "ABc41wAXNN4BFzcEBBc07wAYNzAAB+8AGDdgAAfvAAkYAAfvAAlIAAfvAAl4AAfvAAioABc17wAI2AAXNfAAoDYifQp7ImlkIjoShB5QAAAAAI"
            + "JQ/mpQKk0YAwAAAHh5egQiTRhkQKf0AwAA9gwxNTIsIm5hbWUiOiJuMTgifQp7ImlkIjoxNTMYACczMhgAFjQYABg0MAAWNRgAJzY2GAAWNhgA"
            + "GDgYABc3eAAXMRgAFzh4ABc1GAAXOWAABzAAJzYwYAAXORgAFjEYABcywAAXNvAAJzU0GAAH8AAXONgAFzbwACcyNxgACPAAB6gAGDbwAAcXAA"
            + "fvACc1MBgAB+8AGDmPAAfvACY0MxgAFzfvABc5BwEXN+8AFzRIABc37wAXOX8BFzfvABg1YAAH7wAXMTcBFzfvABc3wAAXN+8AGDNIAAfwABc5"
            + "HwEXN/AAGDZgAAfwABcz2AAXOPAABy8AFzjvABg3GAAH7wAXNK4BFzjvABcyHwEXOO8AB74AFzjuABg4jgAH7gAYNkcAB+4AFzSFAhg4zQIHfg"
            + "EXOO4AFzIeARc57gAXMTAAFznvAAdfABg57gAHFwAH7QAHvQAXOewAB8IBLzk1LgADHzZcAAMfN4oAAx84uQAED+kAAz8yMDAZAQI/MjAxSQEC"
            + "PzIwMnkBAj8yMDOpAQIvMjDYAQI/MjA1BwICPzIwNjcCAj8yMDdnAgI/MjA4lgIBLzIwxQIDPzIxMPUCAj8yMTElAwI/MjEyVQMCPzIxM4UDAi"
            + "8yMbUDAz8yMTXlAwI/MjE2FQQCPzIxN0UEAj8yMTh1BAIvMjGlBAM/MjIw1QQCPzIyMQUFAj8yMjI0BQE/MjIzYwUCLzIykwUDPzIyNcMFAj8y"
            + "MjbzBQI/MjI3IwYCPzIyOFMGAi8yMoMGAz8yMzCzBgI/MjMx4wYCPzIzMhMHAj8yMzNDBwIvMjNzBwM/MjM1owcCPzIzNtMHAicyM/AACF8ACN"
            + "4BB8YBFzPvABc41wAXNO8AFzcfARg0lAUIMAAH7wAXN2AALzQzGAAEHzRIAAQfNXgABB82qAAEHzfYAAMvNDgHAQIvNDk2AQMvNTBmAQMvNTGW"
            + "AQMvNTLGAQMvNTP2AQMvNTQmAgMvNTVWAgMvNTaGAgMvNTe2AgMvNTjmAgMvNTkWAwMvNjBGAwMvNjF2AwMvNjKmAwMvNjPVAwIvNjQEBAMvNj"
            + "U0BAMvNjZkBAMvNjeUBAMvNjjEBAMvNjn0BAMvNzAkBQMvNzFUBQMvNzKEBQMvNzO0BQMvNzTkBQMvNzUUBgMvNzZEBgMvNzdzBgIvNziiBgMv"
            + "NznSBgMvODACBwMvODExBwIvODJgBwMvODOQBwMvODTABwMvODXwBwMvODYgCAMvODdQCAI/Mjg4fwgBPzI4Oa0IAT8yOTDbCAE/MjkxCQkBPz"
            + "I5Mi4AAx8zXAADHzSKAAIvOTW5AAMfOekABC85NxkBAy85OEkBAwhRCVA2NCJ9CgAAAACTbQr/"),
    };
}
